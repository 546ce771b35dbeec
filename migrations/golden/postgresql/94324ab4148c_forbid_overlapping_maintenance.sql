-- upgrade
CREATE EXTENSION "btree_gist";
ALTER TABLE "maintenance_window" ADD CONSTRAINT "maintenance_window_apart" EXCLUDE USING gist ("work_pool_id" WITH =, (tstzrange(starts, ends)) WITH &&);
-- downgrade
ALTER TABLE "maintenance_window" DROP CONSTRAINT "maintenance_window_apart";
DROP EXTENSION "btree_gist";
