-- upgrade
DROP VIEW "flow_overview";
ALTER TABLE "flow" ALTER COLUMN "name" TYPE varchar(250);
CREATE VIEW "flow_overview" AS
SELECT flow.id, flow.name, count(flow_run.id) AS runs, max(flow_run.started) AS last_started
FROM flow LEFT JOIN flow_run ON flow_run.flow_id = flow.id
GROUP BY flow.id, flow.name;
-- downgrade
DROP VIEW "flow_overview";
UPDATE flow SET name = substr(name, 1, 111) || '-' || substr(cast(id AS char(36)), 1, 8) WHERE length(name) > 120;
ALTER TABLE "flow" ALTER COLUMN "name" TYPE varchar(120);
CREATE VIEW "flow_overview" AS
SELECT flow.id, flow.name, count(flow_run.id) AS runs, max(flow_run.started) AS last_started
FROM flow LEFT JOIN flow_run ON flow_run.flow_id = flow.id
GROUP BY flow.id, flow.name;
