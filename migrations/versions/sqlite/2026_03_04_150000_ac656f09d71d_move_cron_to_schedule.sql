-- Each deployment's cron line becomes a schedule.
--
-- Revision ID: ac656f09d71d
-- Revises: 7e8408fd2c2f

-- +upgrade

INSERT INTO schedule (deployment_id, cron, zone, active)
SELECT id, cron, cron_zone, NOT paused
FROM deployment
WHERE cron IS NOT NULL;

-- +downgrade

-- The oldest schedule goes back; a deployment has place for one.
UPDATE deployment
SET (cron, cron_zone) = (
    SELECT cron, zone FROM schedule
    WHERE deployment_id = deployment.id
    ORDER BY created, id LIMIT 1
)
WHERE id IN (SELECT deployment_id FROM schedule);

-- Foreign keys are off while SQLite is migrated, so nothing is set to NULL.
UPDATE flow_run SET schedule_id = NULL;

DELETE FROM schedule;
