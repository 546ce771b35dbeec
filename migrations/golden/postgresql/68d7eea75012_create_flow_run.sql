-- upgrade
CREATE TYPE "run_state" AS ENUM ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED');
CREATE TABLE "flow_run" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "flow_id" uuid NOT NULL,
  "name" varchar(200) NOT NULL,
  "state" "run_state",
  "state_label" varchar(80),
  "parameters" json DEFAULT '{}' NOT NULL,
  "scheduled" timestamp with time zone,
  "started" timestamp with time zone,
  "ended" timestamp with time zone,
  "attempt" integer DEFAULT 0 NOT NULL,
  "flow_version" varchar(60),
  "dedupe_key" text,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_flow_run__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_flow_run__flow_id_dedupe_key" UNIQUE ("flow_id", "dedupe_key"),
  CONSTRAINT "flow_run_attempt_counts" CHECK (attempt >= 0)
);
CREATE INDEX "ix_flow_run__name" ON "flow_run" ("name");
CREATE INDEX "ix_flow_run__state" ON "flow_run" ("state");
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_flow_run__updated" ON "flow_run" ("updated");
-- downgrade
DROP INDEX "ix_flow_run__updated";
DROP INDEX "ix_flow_run__ended";
DROP INDEX "ix_flow_run__state";
DROP INDEX "ix_flow_run__name";
DROP TABLE "flow_run";
DROP TYPE "run_state";
