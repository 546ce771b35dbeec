-- upgrade
CREATE TABLE "agent" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "work_queue_id" uuid,
  "name" varchar(100) NOT NULL,
  "seen" timestamp with time zone,
  CONSTRAINT "fk_agent__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE CASCADE,
  CONSTRAINT "uq_agent__name" UNIQUE ("name")
);
-- downgrade
DROP TABLE "agent";
