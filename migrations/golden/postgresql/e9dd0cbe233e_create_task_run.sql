-- upgrade
CREATE TABLE "task_run" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "flow_run_id" uuid NOT NULL,
  "task_key" varchar(120) NOT NULL,
  "position" integer DEFAULT 0 NOT NULL,
  "name" varchar(200) NOT NULL,
  "state" "run_state",
  "state_label" varchar(80),
  "inputs" json DEFAULT '{}' NOT NULL,
  "cache_key" text,
  "cache_until" timestamp with time zone,
  "started" timestamp with time zone,
  "ended" timestamp with time zone,
  "timeout" interval,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_task_run__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "uq_task_run__flow_run_id_task_key_position" UNIQUE ("flow_run_id", "task_key", "position")
);
CREATE INDEX "ix_task_run__name" ON "task_run" ("name");
CREATE INDEX "ix_task_run__state" ON "task_run" ("state");
CREATE INDEX "ix_task_run__updated" ON "task_run" ("updated");
CREATE INDEX "ix_task_run__cache" ON "task_run" ("cache_key", "created" DESC) WHERE (cache_key IS NOT NULL);
ALTER TABLE "flow_run" ADD COLUMN "parent_task_run_id" uuid;
ALTER TABLE "flow_run" ADD CONSTRAINT "fk_flow_run__parent_task_run_id__task_run" FOREIGN KEY ("parent_task_run_id") REFERENCES "task_run" ON DELETE SET NULL;
CREATE INDEX "ix_flow_run__parent_task_run_id" ON "flow_run" ("parent_task_run_id");
-- downgrade
DROP INDEX "ix_flow_run__parent_task_run_id";
ALTER TABLE "flow_run" DROP CONSTRAINT "fk_flow_run__parent_task_run_id__task_run";
ALTER TABLE "flow_run" DROP COLUMN "parent_task_run_id";
DROP INDEX "ix_task_run__cache";
DROP INDEX "ix_task_run__updated";
DROP INDEX "ix_task_run__state";
DROP INDEX "ix_task_run__name";
DROP TABLE "task_run";
