-- upgrade
INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ('worker_health', 'ONLINE', 1, true), ('worker_health', 'OFFLINE', 2, true);
CREATE TABLE "worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR NOT NULL DEFAULT 'OFFLINE',
  "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  "seen" DATETIME,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
-- downgrade
DROP INDEX "ix_worker__work_pool_id_seen";
DROP TABLE "worker";
DELETE FROM "sandpiper_enums" WHERE "name" = 'worker_health';
