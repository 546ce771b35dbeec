-- upgrade
ALTER TABLE "worker" ADD COLUMN "heartbeat_ms" integer;
CREATE FUNCTION public."sync_worker__heartbeat_ms"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $sync$
#variable_conflict use_column
-- A sync of Sandpiper: it keeps old and new columns in step. drop_sync drops it.
DECLARE
  given boolean := (NEW."heartbeat_ms" IS DISTINCT FROM NULL);
  made record := NEW;
BEGIN
  IF (CASE TG_OP WHEN 'INSERT' THEN given ELSE pg_catalog.record_image_ne(ROW(NEW."heartbeat_ms"), ROW(OLD."heartbeat_ms")) AND (given OR NOT pg_catalog.record_image_ne(ROW(NEW."heartbeat_seconds"), ROW(OLD."heartbeat_seconds"))) END) THEN
    SELECT (CAST(round(heartbeat_seconds * 1000) AS integer)) INTO made."heartbeat_ms" FROM (SELECT NEW."heartbeat_seconds" AS "heartbeat_seconds") AS "worker";
    IF pg_catalog.record_image_ne(ROW(made."heartbeat_ms"), ROW(NEW."heartbeat_ms")) THEN
      SELECT (heartbeat_ms / 1000.0) INTO NEW."heartbeat_seconds" FROM (SELECT NEW."heartbeat_ms" AS "heartbeat_ms") AS "worker";
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF pg_catalog.record_image_ne(ROW(NEW."heartbeat_seconds"), ROW(OLD."heartbeat_seconds")) THEN
      SELECT (heartbeat_ms / 1000.0) INTO made."heartbeat_seconds" FROM (SELECT NEW."heartbeat_ms" AS "heartbeat_ms") AS "worker";
      IF NOT pg_catalog.record_image_ne(ROW(made."heartbeat_seconds"), ROW(NEW."heartbeat_seconds")) THEN
        RETURN NEW;
      END IF;
    ELSIF given THEN
      RETURN NEW;
    END IF;
  END IF;
  SELECT (CAST(round(heartbeat_seconds * 1000) AS integer)) INTO NEW."heartbeat_ms" FROM (SELECT NEW."heartbeat_seconds" AS "heartbeat_seconds") AS "worker";
  RETURN NEW;
END
$sync$;
CREATE TRIGGER "zz_sync_worker__heartbeat_ms_insert" BEFORE INSERT ON "worker" FOR EACH ROW EXECUTE FUNCTION public."sync_worker__heartbeat_ms"();
CREATE TRIGGER "zz_sync_worker__heartbeat_ms_update" BEFORE UPDATE ON "worker" FOR EACH ROW WHEN (pg_catalog.record_image_ne(ROW(NEW."heartbeat_ms"), ROW(OLD."heartbeat_ms")) OR pg_catalog.record_image_ne(ROW(NEW."heartbeat_seconds"), ROW(OLD."heartbeat_seconds")) OR NOT (NEW."heartbeat_ms" IS DISTINCT FROM NULL)) EXECUTE FUNCTION public."sync_worker__heartbeat_ms"();
UPDATE worker SET heartbeat_ms = CAST(round(heartbeat_seconds * 1000) AS integer);
-- downgrade
DROP TRIGGER "zz_sync_worker__heartbeat_ms_insert" ON "worker";
DROP TRIGGER "zz_sync_worker__heartbeat_ms_update" ON "worker";
DROP FUNCTION public."sync_worker__heartbeat_ms"();
ALTER TABLE "worker" DROP COLUMN "heartbeat_ms";
