-- upgrade
CREATE FUNCTION touch_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated := CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;
CREATE TRIGGER touch_flow BEFORE UPDATE ON flow
FOR EACH ROW EXECUTE FUNCTION touch_updated();
CREATE TRIGGER touch_deployment BEFORE UPDATE ON deployment
FOR EACH ROW EXECUTE FUNCTION touch_updated();
CREATE TRIGGER touch_work_pool BEFORE UPDATE ON work_pool
FOR EACH ROW EXECUTE FUNCTION touch_updated();
-- downgrade
DROP TRIGGER "touch_work_pool" ON "work_pool";
DROP TRIGGER "touch_deployment" ON "deployment";
DROP TRIGGER "touch_flow" ON "flow";
DROP FUNCTION touch_updated();
