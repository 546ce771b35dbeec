-- upgrade
CREATE TABLE "work_pool" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "kind" varchar(60) NOT NULL,
  "paused" boolean DEFAULT false NOT NULL,
  "slots" integer,
  "base_job" json DEFAULT '{}' NOT NULL,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "uq_work_pool__name" UNIQUE ("name")
);
CREATE TABLE "work_queue" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "work_pool_id" uuid NOT NULL,
  "name" varchar(100) NOT NULL,
  "priority" integer DEFAULT 1 NOT NULL,
  "paused" boolean DEFAULT false NOT NULL,
  "slots" integer,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_work_queue__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_work_queue__work_pool_id_name" UNIQUE ("work_pool_id", "name"),
  CONSTRAINT "work_queue_priority_positive" CHECK (priority > 0)
);
CREATE INDEX "ix_work_queue__work_pool_id_priority" ON "work_queue" ("work_pool_id", "priority");
ALTER TABLE "deployment" ADD COLUMN "work_queue_id" uuid;
ALTER TABLE "deployment" ADD CONSTRAINT "fk_deployment__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL;
ALTER TABLE "flow_run" ADD COLUMN "work_queue_id" uuid;
ALTER TABLE "flow_run" ADD CONSTRAINT "fk_flow_run__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL;
CREATE INDEX "ix_flow_run__work_queue_id" ON "flow_run" ("work_queue_id");
-- downgrade
DROP INDEX "ix_flow_run__work_queue_id";
ALTER TABLE "flow_run" DROP CONSTRAINT "fk_flow_run__work_queue_id__work_queue";
ALTER TABLE "flow_run" DROP COLUMN "work_queue_id";
ALTER TABLE "deployment" DROP CONSTRAINT "fk_deployment__work_queue_id__work_queue";
ALTER TABLE "deployment" DROP COLUMN "work_queue_id";
DROP INDEX "ix_work_queue__work_pool_id_priority";
DROP TABLE "work_queue";
DROP TABLE "work_pool";
