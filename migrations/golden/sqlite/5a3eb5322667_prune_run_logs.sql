-- upgrade
DELETE FROM run_log WHERE flow_run_id IS NULL AND task_run_id IS NULL;
VACUUM;
-- committed
-- downgrade
