-- Blocks: settings of other systems that flows share. A type has schemas, a block
-- follows one of them, and blocks may hold others.
--
-- Revision ID: 57262118af0f
-- Revises: 31eb37d3b744

-- sandpiper:lint:ignore foreign-key-index no release has these tables yet
-- +upgrade

CREATE TABLE block_type (
    id          CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    name        VARCHAR(120) NOT NULL,
    logo_url    TEXT,
    description TEXT,
    protected   BOOLEAN NOT NULL DEFAULT 0,
    created     DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_block_type PRIMARY KEY (id),
    CONSTRAINT uq_block_type__name UNIQUE (name)
);

CREATE TABLE block_schema (
    id            CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    block_type_id CHAR(36) NOT NULL,
    checksum      VARCHAR(80) NOT NULL,
    fields        TEXT NOT NULL DEFAULT '{}',
    capabilities  TEXT NOT NULL DEFAULT '[]',
    created       DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_block_schema PRIMARY KEY (id),
    CONSTRAINT fk_block_schema__block_type_id__block_type
        FOREIGN KEY (block_type_id) REFERENCES block_type (id) ON DELETE CASCADE,
    CONSTRAINT uq_block_schema__checksum UNIQUE (checksum)
);

CREATE INDEX ix_block_schema__block_type_id ON block_schema (block_type_id);

CREATE TABLE block_document (
    id              CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    block_schema_id CHAR(36) NOT NULL,
    doc_name        VARCHAR(120) COLLATE NOCASE,
    data            TEXT NOT NULL DEFAULT '{}',
    secret          BLOB,
    anonymous       BOOLEAN NOT NULL DEFAULT 0,
    created         DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated         DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_block_document PRIMARY KEY (id),
    CONSTRAINT fk_block_document__block_schema_id__block_schema
        FOREIGN KEY (block_schema_id) REFERENCES block_schema (id) ON DELETE CASCADE,
    CONSTRAINT block_document_is_named CHECK (anonymous OR doc_name IS NOT NULL)
);

CREATE UNIQUE INDEX ix_block_document__doc_name ON block_document (block_schema_id, doc_name) WHERE NOT anonymous;

CREATE TABLE block_link (
    parent_id CHAR(36) NOT NULL,
    child_id  CHAR(36) NOT NULL,
    field     VARCHAR(120) NOT NULL,
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
