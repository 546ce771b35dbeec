-- upgrade
INSERT INTO schedule (deployment_id, cron, zone, active)
SELECT id, cron, cron_zone, NOT paused
FROM deployment
WHERE cron IS NOT NULL;
-- downgrade
UPDATE deployment
SET (cron, cron_zone) = (
    SELECT cron, zone FROM schedule
    WHERE deployment_id = deployment.id
    ORDER BY created, id LIMIT 1
)
WHERE id IN (SELECT deployment_id FROM schedule);
UPDATE flow_run SET schedule_id = NULL;
DELETE FROM schedule;
