-- upgrade
CREATE TABLE "agent" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_queue_id" CHAR(36),
  "name" VARCHAR(100) NOT NULL,
  "seen" DATETIME,
  CONSTRAINT "fk_agent__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE CASCADE,
  CONSTRAINT "uq_agent__name" UNIQUE ("name")
);
-- downgrade
DROP TABLE "agent";
