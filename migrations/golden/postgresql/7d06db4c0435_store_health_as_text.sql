-- upgrade
ALTER TABLE "worker" ALTER COLUMN "health" DROP DEFAULT, ALTER COLUMN "health" TYPE varchar(40), ALTER COLUMN "health" SET DEFAULT 'OFFLINE';
DROP TYPE "worker_health";
-- downgrade
CREATE TYPE "worker_health" AS ENUM ('ONLINE', 'OFFLINE');
UPDATE worker SET health = 'OFFLINE' WHERE health NOT IN ('ONLINE', 'OFFLINE');
ALTER TABLE "worker" ALTER COLUMN "health" DROP DEFAULT, ALTER COLUMN "health" TYPE "worker_health" USING health::worker_health, ALTER COLUMN "health" SET DEFAULT 'OFFLINE';
