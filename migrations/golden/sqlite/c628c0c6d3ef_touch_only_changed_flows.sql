-- upgrade
DROP TRIGGER "touch_flow";
CREATE TRIGGER touch_flow AFTER UPDATE ON flow
WHEN NEW.updated = OLD.updated AND (NEW.name IS NOT OLD.name OR NEW.tags IS NOT OLD.tags)
BEGIN
    UPDATE flow SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
-- downgrade
DROP TRIGGER "touch_flow";
CREATE TRIGGER touch_flow AFTER UPDATE ON flow
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE flow SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
