-- Blocks: settings of other systems that flows share. A type has schemas, a block
-- follows one of them, and blocks may hold others.
--
-- Revision ID: e32b8b9d89f3
-- Revises: 3d8d47962b0e

-- sandpiper:lint:ignore foreign-key-index no release has these tables yet
-- +upgrade

CREATE TABLE block_type (
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    name        varchar(120) NOT NULL,
    logo_url    text,
    description text,
    protected   boolean NOT NULL DEFAULT false,
    created     timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pk_block_type PRIMARY KEY (id),
    CONSTRAINT uq_block_type__name UNIQUE (name)
);

CREATE TABLE block_schema (
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    block_type_id uuid NOT NULL,
    checksum      varchar(80) NOT NULL,
    fields        jsonb NOT NULL DEFAULT '{}',
    capabilities  jsonb NOT NULL DEFAULT '[]',
    created       timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pk_block_schema PRIMARY KEY (id),
    CONSTRAINT fk_block_schema__block_type_id__block_type
        FOREIGN KEY (block_type_id) REFERENCES block_type (id) ON DELETE CASCADE,
    CONSTRAINT uq_block_schema__checksum UNIQUE (checksum)
);

CREATE INDEX ix_block_schema__block_type_id ON block_schema (block_type_id);
CREATE INDEX ix_block_schema__capabilities ON block_schema USING gin (capabilities);

CREATE TABLE block_document (
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    block_schema_id uuid NOT NULL,
    doc_name        varchar(120),
    data            jsonb NOT NULL DEFAULT '{}',
    secret          bytea,
    anonymous       boolean NOT NULL DEFAULT false,
    created         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT pk_block_document PRIMARY KEY (id),
    CONSTRAINT fk_block_document__block_schema_id__block_schema
        FOREIGN KEY (block_schema_id) REFERENCES block_schema (id) ON DELETE CASCADE,
    CONSTRAINT block_document_is_named CHECK (anonymous OR doc_name IS NOT NULL)
);

CREATE UNIQUE INDEX ix_block_document__doc_name ON block_document (block_schema_id, doc_name) WHERE NOT anonymous;

CREATE TABLE block_link (
    parent_id uuid NOT NULL,
    child_id  uuid NOT NULL,
    field     varchar(120) NOT NULL,
    CONSTRAINT pk_block_link PRIMARY KEY (parent_id, field),
    CONSTRAINT fk_block_link__parent_id__block_document
        FOREIGN KEY (parent_id) REFERENCES block_document (id) ON DELETE CASCADE,
    CONSTRAINT fk_block_link__child_id__block_document
        FOREIGN KEY (child_id) REFERENCES block_document (id) ON DELETE CASCADE
);

-- +downgrade

DROP TABLE block_link;
DROP TABLE block_document;
DROP TABLE block_schema;
DROP TABLE block_type;
