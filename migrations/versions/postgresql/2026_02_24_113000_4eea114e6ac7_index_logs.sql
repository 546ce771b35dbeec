-- Logs are shown newest first, and errors are looked for.
--
-- Revision ID: 4eea114e6ac7
-- Revises: eff1275c2134

-- +upgrade

-- run_log may be large and in use: build without locking out writes.
-- +autocommit begin
CREATE INDEX CONCURRENTLY ix_run_log__logged ON run_log (logged DESC);
CREATE INDEX CONCURRENTLY ix_run_log__errors ON run_log (flow_run_id, logged) WHERE level >= 40;
-- +autocommit end

-- +downgrade

-- +autocommit begin
DROP INDEX CONCURRENTLY ix_run_log__errors;
DROP INDEX CONCURRENTLY ix_run_log__logged;
-- +autocommit end
