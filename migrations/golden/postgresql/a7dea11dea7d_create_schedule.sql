-- upgrade
CREATE TABLE "schedule" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "deployment_id" uuid NOT NULL,
  "cron" varchar(100) NOT NULL,
  "zone" varchar(60) DEFAULT 'UTC' NOT NULL,
  "active" boolean DEFAULT true NOT NULL,
  "first_day" date,
  "not_before" time without time zone,
  "catch_up" interval,
  "most_runs" integer,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_schedule__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE CASCADE,
  CONSTRAINT "uq_schedule__deployment_id_cron_zone" UNIQUE ("deployment_id", "cron", "zone"),
  CONSTRAINT "schedule_makes_runs" CHECK (most_runs IS NULL OR most_runs > 0)
);
CREATE INDEX "ix_schedule__active" ON "schedule" ("active");
ALTER TABLE "flow_run" ADD COLUMN "schedule_id" uuid;
ALTER TABLE "flow_run" ADD CONSTRAINT "fk_flow_run__schedule_id__schedule" FOREIGN KEY ("schedule_id") REFERENCES "schedule" ON DELETE SET NULL;
CREATE INDEX "ix_flow_run__schedule_id" ON "flow_run" ("schedule_id");
ALTER TABLE "schedule" ADD COLUMN "last_run_id" uuid;
ALTER TABLE "schedule" ADD CONSTRAINT "fk_schedule__last_run_id__flow_run" FOREIGN KEY ("last_run_id") REFERENCES "flow_run" ON DELETE SET NULL;
-- downgrade
ALTER TABLE "schedule" DROP CONSTRAINT "fk_schedule__last_run_id__flow_run";
ALTER TABLE "schedule" DROP COLUMN "last_run_id";
DROP INDEX "ix_flow_run__schedule_id";
ALTER TABLE "flow_run" DROP CONSTRAINT "fk_flow_run__schedule_id__schedule";
ALTER TABLE "flow_run" DROP COLUMN "schedule_id";
DROP INDEX "ix_schedule__active";
DROP TABLE "schedule";
