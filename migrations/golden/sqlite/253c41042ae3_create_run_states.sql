-- upgrade
CREATE TABLE "flow_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
  CONSTRAINT "fk_flow_run_state__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE
);
CREATE UNIQUE INDEX "ix_flow_run_state__flow_run_id_happened" ON "flow_run_state" ("flow_run_id", "happened" DESC);
CREATE INDEX "ix_flow_run_state__label" ON "flow_run_state" ("label");
CREATE TABLE "task_run_state" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "task_run_id" CHAR(36) NOT NULL,
  "state" TEXT NOT NULL CONSTRAINT "enum_run_state" CHECK ("state" IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED')),
  "label" VARCHAR(80) NOT NULL,
  "happened" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "message" TEXT,
  "details" TEXT,
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
