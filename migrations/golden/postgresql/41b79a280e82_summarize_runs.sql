-- upgrade
CREATE MATERIALIZED VIEW "runs_by_day" AS
SELECT flow_id, date_trunc('day', started AT TIME ZONE 'UTC') AS day, count(*) AS runs
FROM flow_run
WHERE started IS NOT NULL
GROUP BY 1, 2;
CREATE UNIQUE INDEX "ix_runs_by_day__flow_id_day" ON "runs_by_day" ("flow_id", "day");
-- downgrade
DROP INDEX "ix_runs_by_day__flow_id_day";
DROP MATERIALIZED VIEW "runs_by_day";
