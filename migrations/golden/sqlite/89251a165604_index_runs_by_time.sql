-- upgrade
CREATE INDEX "ix_flow_run__when_desc" ON "flow_run" ((coalesce(started, scheduled)) DESC, "id");
CREATE INDEX "ix_flow_run__deployed" ON "flow_run" ("scheduled") WHERE deployment_id IS NOT NULL;
-- downgrade
DROP INDEX "ix_flow_run__deployed";
DROP INDEX "ix_flow_run__when_desc";
