-- upgrade
DROP VIEW "queue_overview";
CREATE VIEW "queue_overview" AS SELECT
    work_pool.name AS pool,
    work_queue.name AS queue,
    sum(CASE WHEN flow_run.state = 'SCHEDULED' THEN 1 ELSE 0 END) AS waiting,
    sum(CASE WHEN flow_run.state = 'RUNNING' THEN 1 ELSE 0 END) AS running
FROM work_queue
JOIN work_pool ON work_pool.id = work_queue.work_pool_id
LEFT JOIN flow_run ON flow_run.work_queue_id = work_queue.id
GROUP BY work_pool.name, work_queue.name;
-- downgrade
DROP VIEW "queue_overview";
CREATE VIEW "queue_overview" ("pool", "queue", "waiting") AS SELECT work_pool.name, work_queue.name, count(flow_run.id)
FROM work_queue
JOIN work_pool ON work_pool.id = work_queue.work_pool_id
LEFT JOIN flow_run ON flow_run.work_queue_id = work_queue.id AND flow_run.started IS NULL
GROUP BY work_pool.name, work_queue.name;
