-- upgrade
CREATE INDEX CONCURRENTLY "ix_flow_run__when_desc" ON "flow_run" ((coalesce(started, scheduled)) DESC, "id");
CREATE INDEX CONCURRENTLY "ix_flow_run__deployed" ON "flow_run" ("scheduled") WHERE (deployment_id IS NOT NULL);
-- downgrade
DROP INDEX CONCURRENTLY "ix_flow_run__deployed";
DROP INDEX CONCURRENTLY "ix_flow_run__when_desc";
