-- upgrade
DELETE FROM artifact WHERE flow_run_id IS NOT NULL AND flow_run_id NOT IN (SELECT id FROM flow_run);
DELETE FROM artifact WHERE task_run_id IS NOT NULL AND task_run_id NOT IN (SELECT id FROM task_run);
CREATE TABLE "sandpiper_new_artifact" (
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
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_artifact__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "fk_artifact__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE
);
INSERT OR ABORT INTO "sandpiper_new_artifact" (rowid, "id", "artifact_key", "kind", "flow_run_id", "task_run_id", "data", "description", "bytes", "digest", "cost", "day", "created", "updated") SELECT rowid, "id", "artifact_key", "kind", "flow_run_id", "task_run_id", "data", "description", "bytes", "digest", "cost", "day", "created", "updated" FROM "artifact" NOT INDEXED;
DROP TABLE "artifact";
ALTER TABLE "sandpiper_new_artifact" RENAME TO "artifact";
CREATE INDEX "ix_artifact__artifact_key_created_kind" ON "artifact" ("artifact_key", "created" DESC, "kind");
CREATE INDEX "ix_artifact__flow_run_id" ON "artifact" ("flow_run_id");
CREATE INDEX "ix_artifact__task_run_id" ON "artifact" ("task_run_id");
-- downgrade
CREATE TABLE "sandpiper_new_artifact" (
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
INSERT OR ABORT INTO "sandpiper_new_artifact" (rowid, "id", "artifact_key", "kind", "flow_run_id", "task_run_id", "data", "description", "bytes", "digest", "cost", "day", "created", "updated") SELECT rowid, "id", "artifact_key", "kind", "flow_run_id", "task_run_id", "data", "description", "bytes", "digest", "cost", "day", "created", "updated" FROM "artifact" NOT INDEXED;
DROP TABLE "artifact";
ALTER TABLE "sandpiper_new_artifact" RENAME TO "artifact";
CREATE INDEX "ix_artifact__artifact_key_created_kind" ON "artifact" ("artifact_key", "created" DESC, "kind");
CREATE INDEX "ix_artifact__flow_run_id" ON "artifact" ("flow_run_id");
CREATE INDEX "ix_artifact__task_run_id" ON "artifact" ("task_run_id");
