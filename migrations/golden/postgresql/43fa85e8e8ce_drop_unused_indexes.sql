-- upgrade
DROP INDEX CONCURRENTLY "ix_task_run_state__label";
DROP INDEX CONCURRENTLY "ix_flow_run__ended";
-- downgrade
CREATE INDEX CONCURRENTLY "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX CONCURRENTLY "ix_task_run_state__label" ON "task_run_state" ("label");
