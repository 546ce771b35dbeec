-- upgrade
CREATE TYPE "worker_health" AS ENUM ('ONLINE', 'OFFLINE');
CREATE TABLE "worker" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "work_pool_id" uuid NOT NULL,
  "name" varchar(100) NOT NULL,
  "health" "worker_health" DEFAULT 'OFFLINE' NOT NULL,
  "heartbeat_seconds" double precision DEFAULT 30 NOT NULL,
  "seen" timestamp with time zone,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_worker__work_pool_id__work_pool" FOREIGN KEY ("work_pool_id") REFERENCES "work_pool" ON DELETE CASCADE,
  CONSTRAINT "uq_worker__work_pool_id_name" UNIQUE ("work_pool_id", "name")
);
CREATE INDEX "ix_worker__work_pool_id_seen" ON "worker" ("work_pool_id", "seen" DESC);
-- downgrade
DROP INDEX "ix_worker__work_pool_id_seen";
DROP TABLE "worker";
DROP TYPE "worker_health";
