-- upgrade
ALTER TABLE "artifact" ADD CONSTRAINT "fk_artifact__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE NOT VALID;
ALTER TABLE "artifact" ADD CONSTRAINT "fk_artifact__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE NOT VALID;
-- downgrade
ALTER TABLE "artifact" DROP CONSTRAINT "fk_artifact__task_run_id__task_run";
ALTER TABLE "artifact" DROP CONSTRAINT "fk_artifact__flow_run_id__flow_run";
