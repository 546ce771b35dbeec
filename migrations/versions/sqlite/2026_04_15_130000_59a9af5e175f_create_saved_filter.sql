-- Filters that people keep.
--
-- Revision ID: 59a9af5e175f
-- Revises: 88c7e4dc4322

-- +upgrade

CREATE TABLE saved_filter (
    id      CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    name    VARCHAR(120) NOT NULL,
    terms   TEXT NOT NULL DEFAULT '[]',
    created DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_saved_filter PRIMARY KEY (id),
    CONSTRAINT uq_saved_filter__name UNIQUE (name)
);

INSERT INTO saved_filter (name, terms) VALUES
    ('Failed today', '[{"state": ["FAILED", "CRASHED"]}, {"since": "1 day"}]'),
    ('Late; not started', '[{"state": ["SCHEDULED"]}, {"late": true}]');

-- +downgrade

DROP TABLE saved_filter;
