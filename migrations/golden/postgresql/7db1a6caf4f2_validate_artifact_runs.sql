-- upgrade
DELETE FROM artifact
WHERE flow_run_id IS NOT NULL AND NOT EXISTS (SELECT FROM flow_run WHERE flow_run.id = artifact.flow_run_id)
   OR task_run_id IS NOT NULL AND NOT EXISTS (SELECT FROM task_run WHERE task_run.id = artifact.task_run_id);
ALTER TABLE "artifact" VALIDATE CONSTRAINT "fk_artifact__flow_run_id__flow_run";
ALTER TABLE "artifact" VALIDATE CONSTRAINT "fk_artifact__task_run_id__task_run";
-- downgrade
ALTER TABLE "artifact" DROP CONSTRAINT "fk_artifact__task_run_id__task_run";
ALTER TABLE "artifact" ADD CONSTRAINT "fk_artifact__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE NOT VALID;
ALTER TABLE "artifact" DROP CONSTRAINT "fk_artifact__flow_run_id__flow_run";
ALTER TABLE "artifact" ADD CONSTRAINT "fk_artifact__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE NOT VALID;
