-- upgrade
DELETE FROM concurrency_slot WHERE slots < 0;
CREATE TABLE "sandpiper_new_concurrency_slot" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" VARCHAR(120) NOT NULL,
  "active" BOOLEAN NOT NULL DEFAULT 1,
  "slots" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL DEFAULT 0,
  "decay" FLOAT NOT NULL DEFAULT 0.5,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_concurrency_slot__name" UNIQUE ("name"),
  CONSTRAINT "concurrency_slot_not_negative" CHECK (slots >= 0 AND taken >= 0)
);
INSERT OR ABORT INTO "sandpiper_new_concurrency_slot" (rowid, "id", "name", "active", "slots", "taken", "decay", "created", "updated") SELECT rowid, "id", "name", "active", "slots", "taken", "decay", "created", "updated" FROM "concurrency_slot" NOT INDEXED;
DROP TABLE "concurrency_slot";
ALTER TABLE "sandpiper_new_concurrency_slot" RENAME TO "concurrency_slot";
UPDATE work_pool SET slots = 0 WHERE slots < 0;
CREATE TABLE "sandpiper_new_work_pool" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" VARCHAR(100) NOT NULL,
  "kind" VARCHAR(60) NOT NULL,
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "slots" INTEGER,
  "base_job" TEXT NOT NULL DEFAULT '{}',
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_work_pool__name" UNIQUE ("name"),
  CONSTRAINT "work_pool_not_negative" CHECK (slots IS NULL OR slots >= 0)
);
INSERT OR ABORT INTO "sandpiper_new_work_pool" (rowid, "id", "name", "kind", "paused", "slots", "base_job", "created", "updated") SELECT rowid, "id", "name", "kind", "paused", "slots", "base_job", "created", "updated" FROM "work_pool" NOT INDEXED;
DROP TABLE "work_pool";
ALTER TABLE "sandpiper_new_work_pool" RENAME TO "work_pool";
-- downgrade
CREATE TABLE "sandpiper_new_work_pool" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" VARCHAR(100) NOT NULL,
  "kind" VARCHAR(60) NOT NULL,
  "paused" BOOLEAN NOT NULL DEFAULT 0,
  "slots" INTEGER,
  "base_job" TEXT NOT NULL DEFAULT '{}',
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_work_pool__name" UNIQUE ("name")
);
INSERT OR ABORT INTO "sandpiper_new_work_pool" (rowid, "id", "name", "kind", "paused", "slots", "base_job", "created", "updated") SELECT rowid, "id", "name", "kind", "paused", "slots", "base_job", "created", "updated" FROM "work_pool" NOT INDEXED;
DROP TABLE "work_pool";
ALTER TABLE "sandpiper_new_work_pool" RENAME TO "work_pool";
CREATE TABLE "sandpiper_new_concurrency_slot" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" VARCHAR(120) NOT NULL,
  "active" BOOLEAN NOT NULL DEFAULT 1,
  "slots" INTEGER NOT NULL,
  "taken" INTEGER NOT NULL DEFAULT 0,
  "decay" FLOAT NOT NULL DEFAULT 0.5,
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_concurrency_slot__name" UNIQUE ("name")
);
INSERT OR ABORT INTO "sandpiper_new_concurrency_slot" (rowid, "id", "name", "active", "slots", "taken", "decay", "created", "updated") SELECT rowid, "id", "name", "active", "slots", "taken", "decay", "created", "updated" FROM "concurrency_slot" NOT INDEXED;
DROP TABLE "concurrency_slot";
ALTER TABLE "sandpiper_new_concurrency_slot" RENAME TO "concurrency_slot";
