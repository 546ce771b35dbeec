-- upgrade
ALTER TABLE "flow_run" ADD COLUMN "seconds" double precision GENERATED ALWAYS AS (extract(epoch FROM ended - started)) STORED;
ALTER TABLE "task_run" ADD COLUMN "seconds" double precision GENERATED ALWAYS AS (extract(epoch FROM ended - started)) STORED;
-- downgrade
ALTER TABLE "task_run" DROP COLUMN "seconds";
ALTER TABLE "flow_run" DROP COLUMN "seconds";
