-- upgrade
CREATE TRIGGER maintenance_window_apart_insert
BEFORE INSERT ON maintenance_window
WHEN EXISTS (
    SELECT 1 FROM maintenance_window AS other
    WHERE other.work_pool_id = NEW.work_pool_id AND other.starts < NEW.ends AND NEW.starts < other.ends
)
BEGIN
    SELECT RAISE(ABORT, 'maintenance windows overlap');
END;
CREATE TRIGGER maintenance_window_apart_update
BEFORE UPDATE OF work_pool_id, starts, ends ON maintenance_window
WHEN EXISTS (
    SELECT 1 FROM maintenance_window AS other
    WHERE other.id <> NEW.id
      AND other.work_pool_id = NEW.work_pool_id AND other.starts < NEW.ends AND NEW.starts < other.ends
)
BEGIN
    SELECT RAISE(ABORT, 'maintenance windows overlap');
END;
-- downgrade
DROP TRIGGER "maintenance_window_apart_update";
DROP TRIGGER "maintenance_window_apart_insert";
