-- upgrade
CREATE TABLE "artifact" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "artifact_key" VARCHAR(120),
  "kind" VARCHAR(60),
  "flow_run_id" CHAR(36),
  "task_run_id" CHAR(36),
  "data" TEXT,
  "description" TEXT,
  "bytes" INTEGER,
  "digest" BLOB DEFAULT x'00',
  "cost" NUMERIC(12,4) DEFAULT 0,
  "day" DATE NOT NULL DEFAULT (date('now')),
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
);
CREATE INDEX "ix_artifact__artifact_key_created_kind" ON "artifact" ("artifact_key", "created" DESC, "kind");
CREATE INDEX "ix_artifact__flow_run_id" ON "artifact" ("flow_run_id");
CREATE INDEX "ix_artifact__task_run_id" ON "artifact" ("task_run_id");
-- downgrade
DROP INDEX "ix_artifact__task_run_id";
DROP INDEX "ix_artifact__flow_run_id";
DROP INDEX "ix_artifact__artifact_key_created_kind";
DROP TABLE "artifact";
