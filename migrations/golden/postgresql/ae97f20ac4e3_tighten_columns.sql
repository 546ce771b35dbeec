-- upgrade
UPDATE deployment SET priority = 0 WHERE priority IS NULL;
ALTER TABLE "deployment" ALTER COLUMN "priority" SET NOT NULL;
ALTER TABLE "deployment" ALTER COLUMN "description" TYPE varchar(2000);
UPDATE artifact SET kind = 'unknown' WHERE kind IS NULL;
ALTER TABLE "artifact" ALTER COLUMN "kind" SET DEFAULT 'unknown', ALTER COLUMN "kind" SET NOT NULL;
ALTER TABLE "artifact" ALTER COLUMN "digest" DROP DEFAULT;
COMMENT ON COLUMN "artifact"."bytes" IS 'Of the data';
UPDATE worker SET seen = created WHERE seen IS NULL;
ALTER TABLE "worker" ALTER COLUMN "seen" SET DEFAULT CURRENT_TIMESTAMP, ALTER COLUMN "seen" SET NOT NULL;
ALTER TABLE "work_queue" ALTER COLUMN "priority" SET DEFAULT 10;
-- downgrade
ALTER TABLE "work_queue" ALTER COLUMN "priority" SET DEFAULT 1;
ALTER TABLE "worker" ALTER COLUMN "seen" DROP DEFAULT, ALTER COLUMN "seen" DROP NOT NULL;
COMMENT ON COLUMN "artifact"."bytes" IS NULL;
ALTER TABLE "artifact" ALTER COLUMN "digest" SET DEFAULT '\x00'::bytea;
ALTER TABLE "artifact" ALTER COLUMN "kind" DROP DEFAULT, ALTER COLUMN "kind" DROP NOT NULL;
ALTER TABLE "deployment" ALTER COLUMN "description" TYPE text;
ALTER TABLE "deployment" ALTER COLUMN "priority" DROP NOT NULL;
