-- upgrade
CREATE TABLE "maintenance_window" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "starts" DATETIME NOT NULL,
  "ends" DATETIME NOT NULL,
  "reason" TEXT,
  CONSTRAINT "fk_maintenance_window__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "maintenance_window_ends_later" CHECK (starts < ends)
);
-- downgrade
DROP TABLE "maintenance_window";
