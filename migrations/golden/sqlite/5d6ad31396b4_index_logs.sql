-- upgrade
CREATE INDEX ix_run_log__logged ON run_log (logged DESC);
CREATE INDEX ix_run_log__errors ON run_log (flow_run_id, logged) WHERE level >= 40;
-- downgrade
DROP INDEX ix_run_log__errors;
DROP INDEX ix_run_log__logged;
