-- upgrade
DROP TRIGGER "touch_flow" ON "flow";
CREATE TRIGGER touch_flow BEFORE UPDATE ON flow
FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION touch_updated();
-- downgrade
DROP TRIGGER "touch_flow" ON "flow";
CREATE TRIGGER touch_flow BEFORE UPDATE ON flow
FOR EACH ROW EXECUTE FUNCTION touch_updated();
