-- upgrade
CREATE TABLE "event" (
  "id" CHAR(36) PRIMARY KEY NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "occurred" DATETIME NOT NULL,
  "subject" TEXT NOT NULL,
  "related" TEXT NOT NULL DEFAULT '[]',
  "payload" TEXT NOT NULL DEFAULT '{}',
  "follows" CHAR(36),
  "received" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
);
CREATE INDEX "ix_event__name_occurred" ON "event" ("name", "occurred");
CREATE INDEX "ix_event__subject_occurred" ON "event" ("subject", "occurred" DESC);
CREATE INDEX "ix_event__occurred_id" ON "event" ("occurred", "id");
CREATE TABLE "event_subject" (
  "event_id" CHAR(36) NOT NULL,
  "subject" TEXT NOT NULL,
  "role" VARCHAR(60) NOT NULL,
  "occurred" DATETIME NOT NULL,
  CONSTRAINT "pk_event_subject" PRIMARY KEY ("event_id", "subject", "role"),
  CONSTRAINT "fk_event_subject__event_id__event" FOREIGN KEY ("event_id") REFERENCES "event" ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX "ix_event_subject__subject_occurred" ON "event_subject" ("subject", "occurred");
-- downgrade
DROP INDEX "ix_event_subject__subject_occurred";
DROP TABLE "event_subject";
DROP INDEX "ix_event__occurred_id";
DROP INDEX "ix_event__subject_occurred";
DROP INDEX "ix_event__name_occurred";
DROP TABLE "event";
