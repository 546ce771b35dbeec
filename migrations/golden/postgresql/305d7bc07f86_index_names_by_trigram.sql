-- upgrade
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
CREATE INDEX "trgm_flow__name" ON "flow" USING gin ("name" "gin_trgm_ops");
CREATE INDEX "trgm_flow_run__name" ON "flow_run" USING gin ("name" "gin_trgm_ops");
CREATE INDEX "trgm_deployment__name" ON "deployment" USING gin ("name" "gin_trgm_ops");
-- downgrade
DROP INDEX "trgm_deployment__name";
DROP INDEX "trgm_flow_run__name";
DROP INDEX "trgm_flow__name";
