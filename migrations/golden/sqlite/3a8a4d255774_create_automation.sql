-- upgrade
CREATE TABLE "automation" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" VARCHAR(200) NOT NULL,
  "description" TEXT NOT NULL DEFAULT '',
  "enabled" BOOLEAN NOT NULL DEFAULT 1,
  "trigger" TEXT NOT NULL,
  "actions" TEXT NOT NULL DEFAULT '[]',
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
);
CREATE INDEX "ix_automation__updated" ON "automation" ("updated");
CREATE TABLE "automation_subject" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "automation_id" CHAR(36) NOT NULL,
  "subject" TEXT NOT NULL,
  "owner" BOOLEAN NOT NULL DEFAULT 0,
  CONSTRAINT "fk_automation_subject__automation_id__automation" FOREIGN KEY ("automation_id") REFERENCES "automation" ON DELETE CASCADE,
  CONSTRAINT "uq_automation_subject__automation_id_subject" UNIQUE ("automation_id", "subject")
);
CREATE INDEX "ix_automation_subject__subject" ON "automation_subject" ("subject");
CREATE TABLE "automation_bucket" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "automation_id" CHAR(36) NOT NULL,
  "bucket_key" TEXT NOT NULL DEFAULT '[]',
  "opened" DATETIME NOT NULL,
  "closes" DATETIME NOT NULL,
  "seen" INTEGER NOT NULL DEFAULT 0,
  "last_event_id" CHAR(36),
  CONSTRAINT "fk_automation_bucket__automation_id__automation" FOREIGN KEY ("automation_id") REFERENCES "automation" ON DELETE CASCADE,
  CONSTRAINT "fk_automation_bucket__last_event_id__event" FOREIGN KEY ("last_event_id") REFERENCES "event" ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "ix_automation_bucket__automation_id_closes" ON "automation_bucket" ("automation_id", "closes");
-- downgrade
DROP INDEX "ix_automation_bucket__automation_id_closes";
DROP TABLE "automation_bucket";
DROP INDEX "ix_automation_subject__subject";
DROP TABLE "automation_subject";
DROP INDEX "ix_automation__updated";
DROP TABLE "automation";
