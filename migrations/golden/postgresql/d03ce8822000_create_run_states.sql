-- upgrade
CREATE TABLE "flow_run_state" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "flow_run_id" uuid NOT NULL,
  "state" "run_state" NOT NULL,
  "label" varchar(80) NOT NULL,
  "happened" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "message" text,
  "details" jsonb,
  CONSTRAINT "fk_flow_run_state__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE
);
CREATE UNIQUE INDEX "ix_flow_run_state__flow_run_id_happened" ON "flow_run_state" ("flow_run_id", "happened" DESC);
CREATE INDEX "ix_flow_run_state__label" ON "flow_run_state" ("label");
CREATE TABLE "task_run_state" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "task_run_id" uuid NOT NULL,
  "state" "run_state" NOT NULL,
  "label" varchar(80) NOT NULL,
  "happened" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "message" text,
  "details" jsonb,
  CONSTRAINT "fk_task_run_state__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE
);
CREATE UNIQUE INDEX "ix_task_run_state__task_run_id_happened" ON "task_run_state" ("task_run_id", "happened" DESC);
CREATE INDEX "ix_task_run_state__label" ON "task_run_state" ("label");
-- downgrade
DROP INDEX "ix_task_run_state__label";
DROP INDEX "ix_task_run_state__task_run_id_happened";
DROP TABLE "task_run_state";
DROP INDEX "ix_flow_run_state__label";
DROP INDEX "ix_flow_run_state__flow_run_id_happened";
DROP TABLE "flow_run_state";
