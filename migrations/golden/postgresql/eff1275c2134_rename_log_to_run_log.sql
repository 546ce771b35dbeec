-- upgrade
ALTER TABLE "log" RENAME TO "run_log";
ALTER TABLE "run_log" RENAME COLUMN "written" TO "logged";
ALTER INDEX "ix_log__flow_run_id_written" RENAME TO "ix_run_log__flow_run_id_logged";
ALTER INDEX "ix_log__task_run_id" RENAME TO "ix_run_log__task_run_id";
-- downgrade
ALTER INDEX "ix_run_log__task_run_id" RENAME TO "ix_log__task_run_id";
ALTER INDEX "ix_run_log__flow_run_id_logged" RENAME TO "ix_log__flow_run_id_written";
ALTER TABLE "run_log" RENAME COLUMN "logged" TO "written";
ALTER TABLE "run_log" RENAME TO "log";
