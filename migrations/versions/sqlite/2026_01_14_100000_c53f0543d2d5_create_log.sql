-- What runs print.
--
-- Revision ID: c53f0543d2d5
-- Revises: 5732f6ee06a3

-- +upgrade

CREATE TABLE log (
    id          INTEGER CONSTRAINT pk_log PRIMARY KEY AUTOINCREMENT,
    flow_run_id CHAR(36),
    task_run_id CHAR(36),
    level       INTEGER NOT NULL,
    source      VARCHAR(120) NOT NULL,
    message     TEXT NOT NULL,
    written     DATETIME NOT NULL
);

CREATE INDEX ix_log__flow_run_id_written ON log (flow_run_id, written);
CREATE INDEX ix_log__task_run_id ON log (task_run_id);

-- +downgrade

DROP TABLE log;
