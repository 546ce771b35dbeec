package host_test

// referenceRows are rows for the tables that a migration of the reference chain
// has made, so that what comes after it has something to lose.
var referenceRows = map[string][]string{
	"create_flow": {
		`INSERT INTO flow (id, name, tags) VALUES
			('f1000000-0000-4000-8000-000000000001', 'Étude', '["piano"]'),
			('f1000000-0000-4000-8000-000000000002', 'Ballad', '[]')`,
	},
	"point_runs_at_their_state": {
		`INSERT INTO flow_run (id, flow_id, name, state, state_label, started, ended) VALUES
			('a1000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000001', 'done', 'DONE', 'Done',
				'2026-01-13 10:00:00', '2026-01-13 10:01:00'),
			('a1000000-0000-4000-8000-000000000002', 'f1000000-0000-4000-8000-000000000001', 'queued', 'QUEUED', 'Queued', NULL, NULL),
			('a1000000-0000-4000-8000-000000000003', 'f1000000-0000-4000-8000-000000000002', 'stopped', 'FAILED', 'Cancelled', NULL, NULL)`,
		`INSERT INTO flow_run_state (id, flow_run_id, state, label, details) VALUES
			('b1000000-0000-4000-8000-000000000001', 'a1000000-0000-4000-8000-000000000001', 'DONE', 'Done', '{"by": "it''s me"}')`,
		`UPDATE flow_run SET current_state_id = 'b1000000-0000-4000-8000-000000000001'
			WHERE id = 'a1000000-0000-4000-8000-000000000001'`,
		`INSERT INTO task_run (id, flow_run_id, task_key, name, state) VALUES
			('c1000000-0000-4000-8000-000000000001', 'a1000000-0000-4000-8000-000000000001', 'play', 'play-0', 'DONE')`,
		`UPDATE flow_run SET parent_task_run_id = 'c1000000-0000-4000-8000-000000000001'
			WHERE id = 'a1000000-0000-4000-8000-000000000002'`,
	},
	"create_log": {
		`INSERT INTO log (flow_run_id, level, source, message, written) VALUES
			('a1000000-0000-4000-8000-000000000001', 20, 'engine', 'started', '2026-01-13 10:00:00'),
			(NULL, 40, 'nobody', 'lost', '2026-01-13 10:00:00')`,
	},
	"create_deployment": {
		`INSERT INTO deployment (id, flow_id, name, cron) VALUES
			('d1000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000001', 'Every night', '0 3 * * *'),
			('d1000000-0000-4000-8000-000000000002', 'f1000000-0000-4000-8000-000000000002', 'Every night!', NULL)`,
	},
	"create_agent": {
		`INSERT INTO work_pool (id, name, kind, slots) VALUES ('e1000000-0000-4000-8000-000000000001', 'default', 'process', -1)`,
		`INSERT INTO work_queue (id, work_pool_id, name) VALUES
			('e2000000-0000-4000-8000-000000000001', 'e1000000-0000-4000-8000-000000000001', 'default')`,
		`INSERT INTO agent (work_queue_id, name) VALUES ('e2000000-0000-4000-8000-000000000001', '007')`,
		`UPDATE deployment SET work_queue_id = 'e2000000-0000-4000-8000-000000000001'`,
	},
	"create_artifact": {
		`INSERT INTO artifact (artifact_key, kind, flow_run_id, data) VALUES
			('report', NULL, 'a1000000-0000-4000-8000-000000000001', '{"a": 1}')`,
	},
	"create_variable": {
		`INSERT INTO variable (name, value) VALUES ('colour', 'blue')`,
	},
	"create_worker": {
		`INSERT INTO worker (work_pool_id, name, health) VALUES ('e1000000-0000-4000-8000-000000000001', 'one', 'ONLINE')`,
	},
	"create_concurrency_limit": {
		`INSERT INTO concurrency_limit (tag, slots) VALUES ('db', 4), ('odd', -1)`,
	},
	"create_event": {
		`INSERT INTO event (id, name, occurred, subject) VALUES
			('99000000-0000-4000-8000-000000000001', 'run.done', '2026-04-07 12:00:00', 'run a1')`,
		`INSERT INTO event_subject (event_id, subject, role, occurred) VALUES
			('99000000-0000-4000-8000-000000000001', 'run a1', 'run', '2026-04-07 12:00:00')`,
	},
}
