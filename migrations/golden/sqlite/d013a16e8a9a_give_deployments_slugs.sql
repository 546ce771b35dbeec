-- upgrade
ALTER TABLE "deployment" ADD COLUMN "slug" TEXT;
SELECT count(*) FROM deployment;
SELECT id, name FROM deployment ORDER BY id LIMIT ?1;
UPDATE deployment SET slug = ?1 WHERE id = ?2;
SELECT id, name FROM deployment WHERE id > ?2 ORDER BY id LIMIT ?1;
CREATE TABLE "sandpiper_new_deployment" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "description" TEXT,
  "tags" TEXT NOT NULL DEFAULT '[]',
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "priority" INTEGER DEFAULT 0,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "work_queue_id" CHAR(36), "slug" TEXT NOT NULL,
  CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name"),
  CONSTRAINT "fk_deployment__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL,
  CONSTRAINT "uq_deployment__slug" UNIQUE ("slug")
);
INSERT OR ABORT INTO "sandpiper_new_deployment" (rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug") SELECT rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id", "slug" FROM "deployment" NOT INDEXED;
DROP TABLE "deployment";
ALTER TABLE "sandpiper_new_deployment" RENAME TO "deployment";
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
CREATE INDEX "nocase_deployment__name" ON "deployment" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_deployment AFTER UPDATE ON deployment
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE deployment SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
-- downgrade
CREATE TABLE "sandpiper_new_deployment" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_id" CHAR(36) NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "description" TEXT,
  "tags" TEXT NOT NULL DEFAULT '[]',
  "parameters" TEXT NOT NULL DEFAULT '{}',
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "priority" INTEGER DEFAULT 0,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "work_queue_id" CHAR(36), CONSTRAINT "fk_deployment__flow_id__flow" FOREIGN KEY ("flow_id") REFERENCES "flow" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment__flow_id_name" UNIQUE ("flow_id", "name"),
  CONSTRAINT "fk_deployment__work_queue_id__work_queue" FOREIGN KEY ("work_queue_id") REFERENCES "work_queue" ON DELETE SET NULL
);
INSERT OR ABORT INTO "sandpiper_new_deployment" (rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id") SELECT rowid, "id", "flow_id", "name", "description", "tags", "parameters", "paused", "priority", "created", "updated", "work_queue_id" FROM "deployment" NOT INDEXED;
DROP TABLE "deployment";
ALTER TABLE "sandpiper_new_deployment" RENAME TO "deployment";
CREATE INDEX "ix_deployment__updated" ON "deployment" ("updated");
CREATE INDEX "nocase_deployment__name" ON "deployment" ("name" COLLATE "NOCASE");
CREATE TRIGGER touch_deployment AFTER UPDATE ON deployment
WHEN NEW.updated = OLD.updated
BEGIN
    UPDATE deployment SET updated = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE id = NEW.id;
END;
