-- upgrade
CREATE TABLE "sandpiper_enums" (
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "plain" BOOLEAN NOT NULL,
  PRIMARY KEY ("name", "value")
) WITHOUT ROWID;
INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ('run_state', 'SCHEDULED', 1, false), ('run_state', 'QUEUED', 2, false), ('run_state', 'RUNNING', 3, false), ('run_state', 'DONE', 4, false), ('run_state', 'FAILED', 5, false), ('run_state', 'CRASHED', 6, false);
CREATE TABLE "flow_run" (
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
DELETE FROM "sandpiper_enums" WHERE "name" = 'run_state';
