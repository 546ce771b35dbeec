-- upgrade
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR(40) NOT NULL DEFAULT 'OFFLINE',
  "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  "seen" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "heartbeat_seconds", "seen", "created", "updated") SELECT rowid, "id", "work_pool_id", "name", "health", "heartbeat_seconds", "seen", "created", "updated" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
DELETE FROM "sandpiper_enums" WHERE "name" = 'worker_health';
-- downgrade
INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ('worker_health', 'ONLINE', 1, true), ('worker_health', 'OFFLINE', 2, true);
UPDATE worker SET health = 'OFFLINE' WHERE health NOT IN ('ONLINE', 'OFFLINE');
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR NOT NULL DEFAULT 'OFFLINE',
  "seen" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_seconds") SELECT rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_seconds" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
