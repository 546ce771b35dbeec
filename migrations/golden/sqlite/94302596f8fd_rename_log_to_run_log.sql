-- upgrade
ALTER TABLE "log" RENAME TO "run_log";
ALTER TABLE "run_log" RENAME COLUMN "written" TO "logged";
DROP INDEX "ix_log__flow_run_id_written";
CREATE INDEX "ix_run_log__flow_run_id_logged" ON "run_log" (flow_run_id, "logged");
DROP INDEX "ix_log__task_run_id";
CREATE INDEX "ix_run_log__task_run_id" ON "run_log" (task_run_id);
-- downgrade
DROP INDEX "ix_run_log__task_run_id";
CREATE INDEX "ix_log__task_run_id" ON "run_log" (task_run_id);
DROP INDEX "ix_run_log__flow_run_id_logged";
CREATE INDEX "ix_log__flow_run_id_written" ON "run_log" (flow_run_id, "logged");
ALTER TABLE "run_log" RENAME COLUMN "logged" TO "written";
ALTER TABLE "run_log" RENAME TO "log";
