-- upgrade
CREATE VIEW "flow_overview" AS SELECT flow.id, flow.name, count(flow_run.id) AS runs, max(flow_run.started) AS last_started
FROM flow LEFT JOIN flow_run ON flow_run.flow_id = flow.id
GROUP BY flow.id, flow.name;
CREATE VIEW "queue_overview" ("pool", "queue", "waiting") AS SELECT work_pool.name, work_queue.name, count(flow_run.id)
FROM work_queue
JOIN work_pool ON work_pool.id = work_queue.work_pool_id
LEFT JOIN flow_run ON flow_run.work_queue_id = work_queue.id AND flow_run.started IS NULL
GROUP BY work_pool.name, work_queue.name;
-- downgrade
DROP VIEW "queue_overview";
DROP VIEW "flow_overview";
