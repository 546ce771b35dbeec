-- upgrade
ALTER TABLE "flow_run" ADD COLUMN "current_state_id" uuid;
ALTER TABLE "flow_run" ADD CONSTRAINT "fk_flow_run__current_state_id__flow_run_state" FOREIGN KEY ("current_state_id") REFERENCES "flow_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "ix_flow_run__current_state_id" ON "flow_run" ("current_state_id");
ALTER TABLE "task_run" ADD COLUMN "current_state_id" uuid;
ALTER TABLE "task_run" ADD CONSTRAINT "fk_task_run__current_state_id__task_run_state" FOREIGN KEY ("current_state_id") REFERENCES "task_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "ix_task_run__current_state_id" ON "task_run" ("current_state_id");
-- downgrade
DROP INDEX "ix_task_run__current_state_id";
ALTER TABLE "task_run" DROP CONSTRAINT "fk_task_run__current_state_id__task_run_state";
ALTER TABLE "task_run" DROP COLUMN "current_state_id";
DROP INDEX "ix_flow_run__current_state_id";
ALTER TABLE "flow_run" DROP CONSTRAINT "fk_flow_run__current_state_id__flow_run_state";
ALTER TABLE "flow_run" DROP COLUMN "current_state_id";
