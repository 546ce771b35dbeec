-- upgrade
CREATE TABLE "deployment" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "flow_id" uuid NOT NULL,
  "name" varchar(200) NOT NULL,
  "description" text,
  "tags" varchar(60)[] DEFAULT '{}' NOT NULL,
  "parameters" json DEFAULT '{}' NOT NULL,
  "paused" boolean DEFAULT false NOT NULL,
  "priority" smallint DEFAULT 0,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "cron" varchar(100),
  "cron_zone" varchar(60) DEFAULT 'UTC' NOT NULL,
  CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name")
);
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
ALTER TABLE "flow_run" ADD COLUMN "deployment_id" uuid;
ALTER TABLE "flow_run" ADD CONSTRAINT "fk_flow_run__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE SET NULL;
CREATE INDEX "ix_flow_run__deployment_id_scheduled" ON "flow_run" ("deployment_id", "scheduled");
-- downgrade
DROP INDEX "ix_flow_run__deployment_id_scheduled";
ALTER TABLE "flow_run" DROP CONSTRAINT "fk_flow_run__deployment_id__deployment";
ALTER TABLE "flow_run" DROP COLUMN "deployment_id";
DROP INDEX "ix_deployment__updated";
DROP TABLE "deployment";
