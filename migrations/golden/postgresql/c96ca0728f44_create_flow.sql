-- upgrade
CREATE TABLE flow (
    id      uuid NOT NULL DEFAULT gen_random_uuid(),
    name    varchar(120) NOT NULL,
    tags    jsonb NOT NULL DEFAULT '[]',
    created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pk_flow PRIMARY KEY (id),
    CONSTRAINT uq_flow__name UNIQUE (name)
);
CREATE INDEX ix_flow__updated ON flow (updated);
-- downgrade
DROP TABLE flow;
