-- upgrade
UPDATE flow_run SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE flow_run_state SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE task_run SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE task_run_state SET state = 'SCHEDULED' WHERE state = 'QUEUED';
DELETE FROM "sandpiper_enums" WHERE "name" = 'run_state' AND "position" > 1;
INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ('run_state', 'RUNNING', 2, false), ('run_state', 'CANCELLING', 3, false), ('run_state', 'COMPLETED', 4, false), ('run_state', 'FAILED', 5, false), ('run_state', 'CRASHED', 6, false), ('run_state', 'CANCELLED', 7, false);
CREATE TABLE "sandpiper_new_flow_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
  CONSTRAINT "fk_flow_run_state__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE
);
INSERT OR ABORT INTO "sandpiper_new_flow_run_state" (rowid, "id", "flow_run_id", "state", "label", "happened", "message", "details") SELECT rowid, "id", "flow_run_id", "state", "label", "happened", "message", "details" FROM "flow_run_state" NOT INDEXED;
DROP TABLE "flow_run_state";
ALTER TABLE "sandpiper_new_flow_run_state" RENAME TO "flow_run_state";
CREATE UNIQUE INDEX "ix_flow_run_state__flow_run_id_happened" ON "flow_run_state" ("flow_run_id", "happened" DESC);
CREATE INDEX "ix_flow_run_state__label" ON "flow_run_state" ("label");
CREATE TABLE "sandpiper_new_task_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "task_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
  CONSTRAINT "fk_task_run_state__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE
);
INSERT OR ABORT INTO "sandpiper_new_task_run_state" (rowid, "id", "task_run_id", "state", "label", "happened", "message", "details") SELECT rowid, "id", "task_run_id", "state", "label", "happened", "message", "details" FROM "task_run_state" NOT INDEXED;
DROP TABLE "task_run_state";
ALTER TABLE "sandpiper_new_task_run_state" RENAME TO "task_run_state";
CREATE UNIQUE INDEX "ix_task_run_state__task_run_id_happened" ON "task_run_state" ("task_run_id", "happened" DESC);
CREATE INDEX "ix_task_run_state__label" ON "task_run_state" ("label");
CREATE TABLE "sandpiper_new_task_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "task_key" VARCHAR(120) NOT NULL,
  "position" INTEGER NOT NULL DEFAULT 0,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "state_label" VARCHAR(80),
  "inputs" TEXT NOT NULL DEFAULT '{}',
  "cache_key" TEXT,
  "cache_until" DATETIME,
  "started" DATETIME,
  "ended" DATETIME,
  "timeout" TEXT,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "current_state_id" CHAR(36),
  CONSTRAINT "fk_task_run__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "uq_task_run__flow_run_id_task_key_position" UNIQUE ("flow_run_id", "task_key", "position"),
  CONSTRAINT "fk_task_run__current_state_id__task_run_state" FOREIGN KEY ("current_state_id") REFERENCES "task_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);
INSERT OR ABORT INTO "sandpiper_new_task_run" (rowid, "id", "flow_run_id", "task_key", "position", "name", "state", "state_label", "inputs", "cache_key", "cache_until", "started", "ended", "timeout", "created", "updated", "current_state_id") SELECT rowid, "id", "flow_run_id", "task_key", "position", "name", "state", "state_label", "inputs", "cache_key", "cache_until", "started", "ended", "timeout", "created", "updated", "current_state_id" FROM "task_run" NOT INDEXED;
DROP TABLE "task_run";
ALTER TABLE "sandpiper_new_task_run" RENAME TO "task_run";
CREATE INDEX "ix_task_run__name" ON "task_run" ("name");
CREATE INDEX "ix_task_run__state" ON "task_run" ("state");
CREATE INDEX "ix_task_run__updated" ON "task_run" ("updated");
CREATE INDEX "ix_task_run__cache" ON "task_run" ("cache_key", "created" DESC) WHERE cache_key IS NOT NULL;
CREATE INDEX "ix_task_run__current_state_id" ON "task_run" ("current_state_id");
CREATE TABLE "sandpiper_new_flow_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "state_label" VARCHAR(80),
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "scheduled" DATETIME,
  "started" DATETIME,
  "ended" DATETIME,
  "attempt" INTEGER NOT NULL DEFAULT 0,
  "flow_version" VARCHAR(60),
  "dedupe_key" TEXT,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "parent_task_run_id" CHAR(36),
  "current_state_id" CHAR(36),
  "deployment_id" CHAR(36),
  "work_queue_id" CHAR(36),
  CONSTRAINT "fk_flow_run__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_flow_run__flow_id_dedupe_key" UNIQUE ("flow_id", "dedupe_key"),
  CONSTRAINT "flow_run_attempt_counts" CHECK (attempt >= 0),
  CONSTRAINT "fk_flow_run__parent_task_run_id__task_run" FOREIGN KEY ("parent_task_run_id") REFERENCES "task_run" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__current_state_id__flow_run_state" FOREIGN KEY ("current_state_id") REFERENCES "flow_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "fk_flow_run__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL
);
INSERT OR ABORT INTO "sandpiper_new_flow_run" (rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id", "deployment_id", "work_queue_id") SELECT rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id", "deployment_id", "work_queue_id" FROM "flow_run" NOT INDEXED;
DROP TABLE "flow_run";
ALTER TABLE "sandpiper_new_flow_run" RENAME TO "flow_run";
CREATE INDEX "ix_flow_run__name" ON "flow_run" ("name");
CREATE INDEX "ix_flow_run__state" ON "flow_run" ("state");
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_flow_run__updated" ON "flow_run" ("updated");
CREATE INDEX "ix_flow_run__parent_task_run_id" ON "flow_run" ("parent_task_run_id");
CREATE INDEX "ix_flow_run__current_state_id" ON "flow_run" ("current_state_id");
CREATE INDEX "ix_flow_run__deployment_id_scheduled" ON "flow_run" ("deployment_id", "scheduled");
CREATE INDEX "ix_flow_run__work_queue_id" ON "flow_run" ("work_queue_id");
CREATE INDEX "ix_flow_run__when_desc" ON "flow_run" ((coalesce(started, scheduled)) DESC, "id");
CREATE INDEX "ix_flow_run__deployed" ON "flow_run" ("scheduled") WHERE deployment_id IS NOT NULL;
CREATE INDEX "nocase_flow_run__name" ON "flow_run" ("name" COLLATE "NOCASE");
-- downgrade
DELETE FROM "sandpiper_enums" WHERE "name" = 'run_state' AND "position" > 1;
INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ('run_state', 'QUEUED', 2, false), ('run_state', 'RUNNING', 3, false), ('run_state', 'CANCELLING', 4, false), ('run_state', 'COMPLETED', 5, false), ('run_state', 'FAILED', 6, false), ('run_state', 'CRASHED', 7, false), ('run_state', 'CANCELLED', 8, false);
CREATE TABLE "sandpiper_new_flow_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
  CONSTRAINT "fk_flow_run_state__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE
);
INSERT OR ABORT INTO "sandpiper_new_flow_run_state" (rowid, "id", "flow_run_id", "state", "label", "happened", "message", "details") SELECT rowid, "id", "flow_run_id", "state", "label", "happened", "message", "details" FROM "flow_run_state" NOT INDEXED;
DROP TABLE "flow_run_state";
ALTER TABLE "sandpiper_new_flow_run_state" RENAME TO "flow_run_state";
CREATE UNIQUE INDEX "ix_flow_run_state__flow_run_id_happened" ON "flow_run_state" ("flow_run_id", "happened" DESC);
CREATE INDEX "ix_flow_run_state__label" ON "flow_run_state" ("label");
CREATE TABLE "sandpiper_new_task_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "task_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
  CONSTRAINT "fk_task_run_state__task_run_id__task_run" FOREIGN KEY ("task_run_id") REFERENCES "task_run" ON DELETE CASCADE
);
INSERT OR ABORT INTO "sandpiper_new_task_run_state" (rowid, "id", "task_run_id", "state", "label", "happened", "message", "details") SELECT rowid, "id", "task_run_id", "state", "label", "happened", "message", "details" FROM "task_run_state" NOT INDEXED;
DROP TABLE "task_run_state";
ALTER TABLE "sandpiper_new_task_run_state" RENAME TO "task_run_state";
CREATE UNIQUE INDEX "ix_task_run_state__task_run_id_happened" ON "task_run_state" ("task_run_id", "happened" DESC);
CREATE INDEX "ix_task_run_state__label" ON "task_run_state" ("label");
CREATE TABLE "sandpiper_new_task_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "task_key" VARCHAR(120) NOT NULL,
  "position" INTEGER NOT NULL DEFAULT 0,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "state_label" VARCHAR(80),
  "inputs" TEXT NOT NULL DEFAULT '{}',
  "cache_key" TEXT,
  "cache_until" DATETIME,
  "started" DATETIME,
  "ended" DATETIME,
  "timeout" TEXT,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "current_state_id" CHAR(36),
  CONSTRAINT "fk_task_run__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "uq_task_run__flow_run_id_task_key_position" UNIQUE ("flow_run_id", "task_key", "position"),
  CONSTRAINT "fk_task_run__current_state_id__task_run_state" FOREIGN KEY ("current_state_id") REFERENCES "task_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);
INSERT OR ABORT INTO "sandpiper_new_task_run" (rowid, "id", "flow_run_id", "task_key", "position", "name", "state", "state_label", "inputs", "cache_key", "cache_until", "started", "ended", "timeout", "created", "updated", "current_state_id") SELECT rowid, "id", "flow_run_id", "task_key", "position", "name", "state", "state_label", "inputs", "cache_key", "cache_until", "started", "ended", "timeout", "created", "updated", "current_state_id" FROM "task_run" NOT INDEXED;
DROP TABLE "task_run";
ALTER TABLE "sandpiper_new_task_run" RENAME TO "task_run";
CREATE INDEX "ix_task_run__name" ON "task_run" ("name");
CREATE INDEX "ix_task_run__state" ON "task_run" ("state");
CREATE INDEX "ix_task_run__updated" ON "task_run" ("updated");
CREATE INDEX "ix_task_run__cache" ON "task_run" ("cache_key", "created" DESC) WHERE cache_key IS NOT NULL;
CREATE INDEX "ix_task_run__current_state_id" ON "task_run" ("current_state_id");
CREATE TABLE "sandpiper_new_flow_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  "state_label" VARCHAR(80),
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "scheduled" DATETIME,
  "started" DATETIME,
  "ended" DATETIME,
  "attempt" INTEGER NOT NULL DEFAULT 0,
  "flow_version" VARCHAR(60),
  "dedupe_key" TEXT,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "parent_task_run_id" CHAR(36),
  "current_state_id" CHAR(36),
  "deployment_id" CHAR(36),
  "work_queue_id" CHAR(36),
  CONSTRAINT "fk_flow_run__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_flow_run__flow_id_dedupe_key" UNIQUE ("flow_id", "dedupe_key"),
  CONSTRAINT "flow_run_attempt_counts" CHECK (attempt >= 0),
  CONSTRAINT "fk_flow_run__parent_task_run_id__task_run" FOREIGN KEY ("parent_task_run_id") REFERENCES "task_run" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__current_state_id__flow_run_state" FOREIGN KEY ("current_state_id") REFERENCES "flow_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "fk_flow_run__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL
);
INSERT OR ABORT INTO "sandpiper_new_flow_run" (rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id", "deployment_id", "work_queue_id") SELECT rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id", "deployment_id", "work_queue_id" FROM "flow_run" NOT INDEXED;
DROP TABLE "flow_run";
ALTER TABLE "sandpiper_new_flow_run" RENAME TO "flow_run";
CREATE INDEX "ix_flow_run__name" ON "flow_run" ("name");
CREATE INDEX "ix_flow_run__state" ON "flow_run" ("state");
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_flow_run__updated" ON "flow_run" ("updated");
CREATE INDEX "ix_flow_run__parent_task_run_id" ON "flow_run" ("parent_task_run_id");
CREATE INDEX "ix_flow_run__current_state_id" ON "flow_run" ("current_state_id");
CREATE INDEX "ix_flow_run__deployment_id_scheduled" ON "flow_run" ("deployment_id", "scheduled");
CREATE INDEX "ix_flow_run__work_queue_id" ON "flow_run" ("work_queue_id");
CREATE INDEX "ix_flow_run__when_desc" ON "flow_run" ((coalesce(started, scheduled)) DESC, "id");
CREATE INDEX "ix_flow_run__deployed" ON "flow_run" ("scheduled") WHERE deployment_id IS NOT NULL;
CREATE INDEX "nocase_flow_run__name" ON "flow_run" ("name" COLLATE "NOCASE");
