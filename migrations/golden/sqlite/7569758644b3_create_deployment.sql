-- upgrade
CREATE TABLE "deployment" (
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
  "cron" VARCHAR(100),
  "cron_zone" VARCHAR(60) NOT NULL DEFAULT 'UTC',
  CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name")
);
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
CREATE TABLE "sandpiper_new_flow_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED')),
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
  CONSTRAINT "fk_flow_run__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_flow_run__flow_id_dedupe_key" UNIQUE ("flow_id", "dedupe_key"),
  CONSTRAINT "flow_run_attempt_counts" CHECK (attempt >= 0),
  CONSTRAINT "fk_flow_run__parent_task_run_id__task_run" FOREIGN KEY ("parent_task_run_id") REFERENCES "task_run" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__current_state_id__flow_run_state" FOREIGN KEY ("current_state_id") REFERENCES "flow_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "fk_flow_run__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE SET NULL
);
INSERT OR ABORT INTO "sandpiper_new_flow_run" (rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id") SELECT rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id" FROM "flow_run" NOT INDEXED;
DROP TABLE "flow_run";
ALTER TABLE "sandpiper_new_flow_run" RENAME TO "flow_run";
CREATE INDEX "ix_flow_run__name" ON "flow_run" ("name");
CREATE INDEX "ix_flow_run__state" ON "flow_run" ("state");
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_flow_run__updated" ON "flow_run" ("updated");
CREATE INDEX "ix_flow_run__parent_task_run_id" ON "flow_run" ("parent_task_run_id");
CREATE INDEX "ix_flow_run__current_state_id" ON "flow_run" ("current_state_id");
CREATE INDEX "ix_flow_run__deployment_id_scheduled" ON "flow_run" ("deployment_id", "scheduled");
-- downgrade
CREATE TABLE "sandpiper_new_flow_run" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "state" TEXT CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED')),
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
  CONSTRAINT "fk_flow_run__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_flow_run__flow_id_dedupe_key" UNIQUE ("flow_id", "dedupe_key"),
  CONSTRAINT "flow_run_attempt_counts" CHECK (attempt >= 0),
  CONSTRAINT "fk_flow_run__parent_task_run_id__task_run" FOREIGN KEY ("parent_task_run_id") REFERENCES "task_run" ON DELETE SET NULL,
  CONSTRAINT "fk_flow_run__current_state_id__flow_run_state" FOREIGN KEY ("current_state_id") REFERENCES "flow_run_state" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);
INSERT OR ABORT INTO "sandpiper_new_flow_run" (rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id") SELECT rowid, "id", "flow_id", "name", "state", "state_label", "parameters", "scheduled", "started", "ended", "attempt", "flow_version", "dedupe_key", "created", "updated", "parent_task_run_id", "current_state_id" FROM "flow_run" NOT INDEXED;
DROP TABLE "flow_run";
ALTER TABLE "sandpiper_new_flow_run" RENAME TO "flow_run";
CREATE INDEX "ix_flow_run__name" ON "flow_run" ("name");
CREATE INDEX "ix_flow_run__state" ON "flow_run" ("state");
CREATE INDEX "ix_flow_run__ended" ON "flow_run" ("ended" DESC);
CREATE INDEX "ix_flow_run__updated" ON "flow_run" ("updated");
CREATE INDEX "ix_flow_run__parent_task_run_id" ON "flow_run" ("parent_task_run_id");
CREATE INDEX "ix_flow_run__current_state_id" ON "flow_run" ("current_state_id");
DROP INDEX "ix_deployment__updated";
DROP TABLE "deployment";
