-- Each deployment's cron line becomes a schedule.
--
-- Revision ID: 605ba8b8c7ee
-- Revises: a7dea11dea7d

-- +upgrade

INSERT INTO schedule (deployment_id, cron, zone, active)
SELECT id, cron, cron_zone, NOT paused
FROM deployment
WHERE cron IS NOT NULL;

-- +downgrade

-- The oldest schedule goes back; a deployment has place for one.
UPDATE deployment
SET cron = oldest.cron, cron_zone = oldest.zone
FROM (
    SELECT DISTINCT ON (deployment_id) deployment_id, cron, zone
    FROM schedule
    ORDER BY deployment_id, created, id
) AS oldest
WHERE oldest.deployment_id = deployment.id;

DELETE FROM schedule;
