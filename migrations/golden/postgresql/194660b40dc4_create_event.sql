-- upgrade
CREATE TABLE "event" (
  "id" uuid NOT NULL PRIMARY KEY,
  "name" varchar(200) NOT NULL,
  "occurred" timestamp with time zone NOT NULL,
  "subject" text NOT NULL,
  "related" jsonb DEFAULT '[]' NOT NULL,
  "payload" jsonb DEFAULT '{}' NOT NULL,
  "follows" uuid,
  "received" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE INDEX "ix_event__name_occurred" ON "event" ("name", "occurred");
CREATE INDEX "ix_event__subject_occurred" ON "event" ("subject", "occurred" DESC);
CREATE INDEX "ix_event__occurred_id" ON "event" ("occurred", "id");
CREATE INDEX "ix_event__related" ON "event" USING gin ("related");
CREATE TABLE "event_subject" (
  "event_id" uuid NOT NULL,
  "subject" text NOT NULL,
  "role" varchar(60) NOT NULL,
  "occurred" timestamp with time zone NOT NULL,
  CONSTRAINT "pk_event_subject" PRIMARY KEY ("event_id", "subject", "role"),
  CONSTRAINT "fk_event_subject__event_id__event" FOREIGN KEY ("event_id") REFERENCES "event" ON DELETE CASCADE
);
CREATE INDEX "ix_event_subject__subject_occurred" ON "event_subject" ("subject", "occurred");
-- downgrade
DROP INDEX "ix_event_subject__subject_occurred";
DROP TABLE "event_subject";
DROP INDEX "ix_event__related";
DROP INDEX "ix_event__occurred_id";
DROP INDEX "ix_event__subject_occurred";
DROP INDEX "ix_event__name_occurred";
DROP TABLE "event";
