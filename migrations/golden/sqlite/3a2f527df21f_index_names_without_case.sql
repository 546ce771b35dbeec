-- upgrade
CREATE INDEX "nocase_flow__name" ON "flow" ("name" COLLATE "NOCASE");
CREATE INDEX "nocase_flow_run__name" ON "flow_run" ("name" COLLATE "NOCASE");
CREATE INDEX "nocase_deployment__name" ON "deployment" ("name" COLLATE "NOCASE");
-- downgrade
DROP INDEX "nocase_deployment__name";
DROP INDEX "nocase_flow_run__name";
DROP INDEX "nocase_flow__name";
