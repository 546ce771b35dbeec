-- upgrade
CREATE INDEX CONCURRENTLY ix_run_log__logged ON run_log (logged DESC);
CREATE INDEX CONCURRENTLY ix_run_log__errors ON run_log (flow_run_id, logged) WHERE level >= 40;
-- committed
-- downgrade
DROP INDEX CONCURRENTLY ix_run_log__errors;
DROP INDEX CONCURRENTLY ix_run_log__logged;
-- committed
