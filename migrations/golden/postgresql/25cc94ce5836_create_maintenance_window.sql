-- upgrade
CREATE TABLE "maintenance_window" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "work_pool_id" uuid NOT NULL,
  "starts" timestamp with time zone NOT NULL,
  "ends" timestamp with time zone NOT NULL,
  "reason" text,
  CONSTRAINT "fk_maintenance_window__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "maintenance_window_ends_later" CHECK (starts < ends)
);
-- downgrade
DROP TABLE "maintenance_window";
