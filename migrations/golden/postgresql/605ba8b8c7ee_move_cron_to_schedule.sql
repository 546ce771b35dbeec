-- upgrade
INSERT INTO schedule (deployment_id, cron, zone, active)
SELECT id, cron, cron_zone, NOT paused
FROM deployment
WHERE cron IS NOT NULL;
-- downgrade
UPDATE deployment
SET cron = oldest.cron, cron_zone = oldest.zone
FROM (
    SELECT DISTINCT ON (deployment_id) deployment_id, cron, zone
    FROM schedule
    ORDER BY deployment_id, created, id
) AS oldest
WHERE oldest.deployment_id = deployment.id;
DELETE FROM schedule;
