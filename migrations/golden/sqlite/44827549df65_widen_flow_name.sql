-- upgrade
DROP VIEW "flow_overview";
CREATE TABLE "sandpiper_new_flow" (
    id      CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    name    VARCHAR(250) NOT NULL, -- what people call it
    tags    TEXT NOT NULL DEFAULT '[]',
    created DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_flow PRIMARY KEY (id),
    CONSTRAINT uq_flow__name UNIQUE (name)
);
INSERT OR ABORT INTO "sandpiper_new_flow" (rowid, "id", "name", "tags", "created", "updated") SELECT rowid, "id", "name", "tags", "created", "updated" FROM "flow" NOT INDEXED;
DROP TABLE "flow";
ALTER TABLE "sandpiper_new_flow" RENAME TO "flow";
CREATE INDEX ix_flow__updated ON flow (updated);
CREATE INDEX "nocase_flow__name" ON "flow" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_flow AFTER UPDATE ON flow
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE flow SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
CREATE VIEW "flow_overview" AS SELECT flow.id, flow.name, count(flow_run.id) AS runs, max(flow_run.started) AS last_started
FROM flow LEFT JOIN flow_run ON flow_run.flow_id = flow.id
GROUP BY flow.id, flow.name;
-- downgrade
DROP VIEW "flow_overview";
UPDATE flow SET name = substr(name, 1, 111) || '-' || substr(cast(id AS char(36)), 1, 8) WHERE length(name) > 120;
CREATE TABLE "sandpiper_new_flow" (
    id      CHAR(36) NOT NULL DEFAULT (
        lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4'
        || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1)
        || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))
    ),
    name    VARCHAR(120) NOT NULL, -- what people call it
    tags    TEXT NOT NULL DEFAULT '[]',
    created DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    CONSTRAINT pk_flow PRIMARY KEY (id),
    CONSTRAINT uq_flow__name UNIQUE (name)
);
INSERT OR ABORT INTO "sandpiper_new_flow" (rowid, "id", "name", "tags", "created", "updated") SELECT rowid, "id", "name", "tags", "created", "updated" FROM "flow" NOT INDEXED;
DROP TABLE "flow";
ALTER TABLE "sandpiper_new_flow" RENAME TO "flow";
CREATE INDEX ix_flow__updated ON flow (updated);
CREATE INDEX "nocase_flow__name" ON "flow" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_flow AFTER UPDATE ON flow
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE flow SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
CREATE VIEW "flow_overview" AS SELECT flow.id, flow.name, count(flow_run.id) AS runs, max(flow_run.started) AS last_started
FROM flow LEFT JOIN flow_run ON flow_run.flow_id = flow.id
GROUP BY flow.id, flow.name;
