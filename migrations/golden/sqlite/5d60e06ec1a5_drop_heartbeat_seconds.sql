-- upgrade
UPDATE worker SET heartbeat_ms = CAST(round(heartbeat_seconds * 1000) AS integer) WHERE heartbeat_ms IS NULL;
DROP TRIGGER "zz_sync_worker__heartbeat_ms_insert";
DROP TRIGGER "zz_sync_worker__heartbeat_ms_update";
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR(40) NOT NULL DEFAULT 'OFFLINE',
  "seen" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), "heartbeat_ms" INTEGER DEFAULT 30000 NOT NULL,
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_ms") SELECT rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_ms" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
-- downgrade
CREATE TABLE "sandpiper_new_worker" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "work_pool_id" CHAR(36) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "health" VARCHAR(40) NOT NULL DEFAULT 'OFFLINE',
  "seen" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')), "heartbeat_ms" INTEGER, "heartbeat_seconds" FLOAT NOT NULL DEFAULT 30,
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
INSERT OR ABORT INTO "sandpiper_new_worker" (rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_ms") SELECT rowid, "id", "work_pool_id", "name", "health", "seen", "created", "updated", "heartbeat_ms" FROM "worker" NOT INDEXED;
DROP TABLE "worker";
ALTER TABLE "sandpiper_new_worker" RENAME TO "worker";
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
CREATE TRIGGER "zz_sync_worker__heartbeat_ms_insert" AFTER INSERT ON "worker"
BEGIN
  -- A sync of Sandpiper: it keeps old and new columns in step. drop_sync drops it.
  -- The new side wins, unless the row is in step.
  UPDATE "worker" SET "heartbeat_seconds" = (heartbeat_ms / 1000.0)
  WHERE "rowid" = NEW."rowid" AND ("heartbeat_ms" IS NOT NULL) AND ("heartbeat_ms" COLLATE BINARY IS NOT (CAST(round(heartbeat_seconds * 1000) AS integer))) AND ("heartbeat_seconds" COLLATE BINARY IS NOT (heartbeat_ms / 1000.0));
  -- The old side wins.
  UPDATE "worker" SET "heartbeat_ms" = (CAST(round(heartbeat_seconds * 1000) AS integer))
  WHERE "rowid" = NEW."rowid" AND NOT ("heartbeat_ms" IS NOT NULL) AND ("heartbeat_ms" COLLATE BINARY IS NOT (CAST(round(heartbeat_seconds * 1000) AS integer)));
END;
CREATE TRIGGER "zz_sync_worker__heartbeat_ms_update" AFTER UPDATE ON "worker"
WHEN (NEW."heartbeat_ms" COLLATE BINARY IS NOT OLD."heartbeat_ms") OR (NEW."heartbeat_seconds" COLLATE BINARY IS NOT OLD."heartbeat_seconds") OR (NEW."heartbeat_ms" IS NULL)
BEGIN
  -- A sync of Sandpiper: it keeps old and new columns in step. drop_sync drops it.
  -- The new side wins, unless the row is in step.
  UPDATE "worker" SET "heartbeat_seconds" = (heartbeat_ms / 1000.0)
  WHERE "rowid" = NEW."rowid" AND (NEW."heartbeat_ms" COLLATE BINARY IS NOT OLD."heartbeat_ms") AND (("heartbeat_ms" IS NOT NULL) OR NOT (NEW."heartbeat_seconds" COLLATE BINARY IS NOT OLD."heartbeat_seconds")) AND ("heartbeat_ms" COLLATE BINARY IS NOT (CAST(round(heartbeat_seconds * 1000) AS integer))) AND ("heartbeat_seconds" COLLATE BINARY IS NOT (heartbeat_ms / 1000.0));
  -- The old side wins.
  UPDATE "worker" SET "heartbeat_ms" = (CAST(round(heartbeat_seconds * 1000) AS integer))
  WHERE "rowid" = NEW."rowid" AND ((NEW."heartbeat_seconds" COLLATE BINARY IS NOT OLD."heartbeat_seconds") OR NOT (NEW."heartbeat_ms" COLLATE BINARY IS NOT OLD."heartbeat_ms")) AND CASE WHEN (NEW."heartbeat_seconds" COLLATE BINARY IS NOT OLD."heartbeat_seconds") THEN NOT ((NEW."heartbeat_ms" COLLATE BINARY IS NOT OLD."heartbeat_ms") AND ("heartbeat_ms" IS NOT NULL)) AND ("heartbeat_seconds" COLLATE BINARY IS NOT (heartbeat_ms / 1000.0)) ELSE NOT ("heartbeat_ms" IS NOT NULL) END AND ("heartbeat_ms" COLLATE BINARY IS NOT (CAST(round(heartbeat_seconds * 1000) AS integer)));
END;
UPDATE worker SET heartbeat_seconds = heartbeat_ms / 1000.0;
