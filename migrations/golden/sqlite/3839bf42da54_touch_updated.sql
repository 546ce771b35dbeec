-- upgrade
CREATE TRIGGER touch_flow AFTER UPDATE ON flow
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE flow SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
CREATE TRIGGER touch_deployment AFTER UPDATE ON deployment
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE deployment SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
CREATE TRIGGER touch_work_pool AFTER UPDATE ON work_pool
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE work_pool SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
-- downgrade
DROP TRIGGER "touch_work_pool";
DROP TRIGGER "touch_deployment";
DROP TRIGGER "touch_flow";
