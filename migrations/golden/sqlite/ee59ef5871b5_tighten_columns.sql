-- upgrade
UPDATE deployment SET priority = 0 WHERE priority IS NULL;
CREATE TABLE "sandpiper_new_deployment" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "description" VARCHAR(2000),
  "tags" TEXT NOT NULL DEFAULT '[]',
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "priority" INTEGER DEFAULT 0 NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "work_queue_id" CHAR(36), "slug" TEXT NOT NULL,
  CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name"),
  CONSTRAINT "fk_deployment__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL,
  CONSTRAINT "uq_deployment__slug" UNIQUE ("slug")
);
INSERT OR ABORT INTO "sandpiper_new_deployment" (rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug") SELECT rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug" FROM "deployment" NOT INDEXED;
DROP TABLE "deployment";
ALTER TABLE "sandpiper_new_deployment" RENAME TO "deployment";
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
CREATE INDEX "nocase_deployment__name" ON "deployment" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_deployment AFTER UPDATE ON deployment
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE deployment SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
UPDATE artifact SET kind = 'unknown' WHERE kind IS NULL;
CREATE TABLE "sandpiper_new_artifact" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "artifact_key" VARCHAR(120),
  "kind" VARCHAR(60) DEFAULT 'unknown' NOT NULL,
  "flow_run_id" CHAR(36),
  "task_run_id" CHAR(36),
  "data" TEXT,
  "description" TEXT,
  "bytes" INTEGER,
  "digest" BLOB,
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
UPDATE worker SET seen = created WHERE seen IS NULL;
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR NOT NULL DEFAULT 'OFFLINE',
  "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  "seen" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "heartbeat_seconds", "seen", "created", "updated") SELECT rowid, "id", "work_pool_id", "name", "health", "heartbeat_seconds", "seen", "created", "updated" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
CREATE TABLE "sandpiper_new_work_queue" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "priority" INTEGER NOT NULL DEFAULT 10,
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "slots" INTEGER,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_work_queue__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_work_queue__work_pool_id_name" UNIQUE ("work_pool_id", "name"),
  CONSTRAINT "work_queue_priority_positive" CHECK (priority > 0)
);
INSERT OR ABORT INTO "sandpiper_new_work_queue" (rowid, "id", "work_pool_id", "name", "priority", "paused", "slots", "created", "updated") SELECT rowid, "id", "work_pool_id", "name", "priority", "paused", "slots", "created", "updated" FROM "work_queue" NOT INDEXED;
DROP TABLE "work_queue";
ALTER TABLE "sandpiper_new_work_queue" RENAME TO "work_queue";
CREATE INDEX "ix_work_queue__work_pool_id_priority" ON "work_queue" ("work_pool_id", "priority");
-- downgrade
CREATE TABLE "sandpiper_new_work_queue" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "priority" INTEGER NOT NULL DEFAULT 1,
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "slots" INTEGER,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_work_queue__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_work_queue__work_pool_id_name" UNIQUE ("work_pool_id", "name"),
  CONSTRAINT "work_queue_priority_positive" CHECK (priority > 0)
);
INSERT OR ABORT INTO "sandpiper_new_work_queue" (rowid, "id", "work_pool_id", "name", "priority", "paused", "slots", "created", "updated") SELECT rowid, "id", "work_pool_id", "name", "priority", "paused", "slots", "created", "updated" FROM "work_queue" NOT INDEXED;
DROP TABLE "work_queue";
ALTER TABLE "sandpiper_new_work_queue" RENAME TO "work_queue";
CREATE INDEX "ix_work_queue__work_pool_id_priority" ON "work_queue" ("work_pool_id", "priority");
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR NOT NULL DEFAULT 'OFFLINE',
  "seen" DATETIME,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_seconds") SELECT rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_seconds" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
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
CREATE TABLE "sandpiper_new_deployment" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "description" TEXT,
  "tags" TEXT NOT NULL DEFAULT '[]',
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "priority" INTEGER DEFAULT 0,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "work_queue_id" CHAR(36), "slug" TEXT NOT NULL, CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name"),
  CONSTRAINT "fk_deployment__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL,
  CONSTRAINT "uq_deployment__slug" UNIQUE ("slug")
);
INSERT OR ABORT INTO "sandpiper_new_deployment" (rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug") SELECT rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug" FROM "deployment" NOT INDEXED;
DROP TABLE "deployment";
ALTER TABLE "sandpiper_new_deployment" RENAME TO "deployment";
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
CREATE INDEX "nocase_deployment__name" ON "deployment" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_deployment AFTER UPDATE ON deployment
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE deployment SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
