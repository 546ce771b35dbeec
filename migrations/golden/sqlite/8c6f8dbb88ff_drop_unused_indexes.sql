-- upgrade
DROP INDEX "ix_task_run_state__label";
DROP INDEX "ix_flow_run__ended";
-- downgrade
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_task_run_state__label" ON "task_run_state" ("label");
