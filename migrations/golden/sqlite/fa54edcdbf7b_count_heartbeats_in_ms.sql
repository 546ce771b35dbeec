-- upgrade
ALTER TABLE "worker" ADD COLUMN "heartbeat_ms" INTEGER;
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
UPDATE worker SET heartbeat_ms = CAST(round(heartbeat_seconds * 1000) AS integer);
-- downgrade
DROP TRIGGER "zz_sync_worker__heartbeat_ms_insert";
DROP TRIGGER "zz_sync_worker__heartbeat_ms_update";
ALTER TABLE "worker" DROP COLUMN "heartbeat_ms";
