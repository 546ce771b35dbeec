-- upgrade
ALTER TABLE "deployment" DROP COLUMN "cron_zone";
ALTER TABLE "deployment" DROP COLUMN "cron";
-- downgrade
ALTER TABLE "deployment" ADD COLUMN "cron" varchar(100);
ALTER TABLE "deployment" ADD COLUMN "cron_zone" varchar(60) DEFAULT 'UTC' NOT NULL;
