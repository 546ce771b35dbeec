-- upgrade
CREATE TABLE "artifact" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "artifact_key" varchar(120),
  "kind" varchar(60),
  "flow_run_id" uuid,
  "task_run_id" uuid,
  "data" json,
  "description" text,
  "bytes" bigint,
  "digest" bytea DEFAULT '\x00'::bytea,
  "cost" numeric(12, 4) DEFAULT 0,
  "day" date DEFAULT CURRENT_DATE NOT NULL,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
COMMENT ON TABLE "artifact" IS 'What runs leave for people to look at.';
COMMENT ON COLUMN "artifact"."description" IS 'Markdown';
CREATE INDEX "ix_artifact__artifact_key_created" ON "artifact" ("artifact_key", "created" DESC NULLS LAST) INCLUDE ("kind");
CREATE INDEX "ix_artifact__flow_run_id" ON "artifact" ("flow_run_id");
CREATE INDEX "ix_artifact__task_run_id" ON "artifact" ("task_run_id");
-- downgrade
DROP INDEX "ix_artifact__task_run_id";
DROP INDEX "ix_artifact__flow_run_id";
DROP INDEX "ix_artifact__artifact_key_created";
DROP TABLE "artifact";
