-- upgrade
CREATE TABLE saved_filter (
    id      uuid NOT NULL DEFAULT gen_random_uuid(),
    name    varchar(120) NOT NULL,
    terms   jsonb NOT NULL DEFAULT '[]',
    created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pk_saved_filter PRIMARY KEY (id),
    CONSTRAINT uq_saved_filter__name UNIQUE (name)
);
INSERT INTO saved_filter (name, terms) VALUES
    ('Failed today', '[{"state": ["FAILED", "CRASHED"]}, {"since": "1 day"}]'),
    ('Late; not started', '[{"state": ["SCHEDULED"]}, {"late": true}]');
-- downgrade
DROP TABLE saved_filter;
