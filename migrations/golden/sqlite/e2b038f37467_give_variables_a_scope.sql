-- upgrade
CREATE TABLE "sandpiper_new_variable" (
  "id" TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "secret" INTEGER NOT NULL DEFAULT 0,
  "created" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "scope" TEXT NOT NULL DEFAULT 'global',
  CONSTRAINT "uq_variable__scope_name" UNIQUE ("scope", "name")
) STRICT;
INSERT OR ABORT INTO "sandpiper_new_variable" (rowid, "id", "name", "value", "secret", "created", "updated") SELECT rowid, "id", "name", "value", "secret", "created", "updated" FROM "variable" NOT INDEXED;
DROP TABLE "variable";
ALTER TABLE "sandpiper_new_variable" RENAME TO "variable";
CREATE INDEX "ix_variable__updated" ON "variable" ("updated");
-- downgrade
DELETE FROM variable WHERE scope <> 'global';
CREATE TABLE "sandpiper_new_variable" (
  "id" TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "secret" INTEGER NOT NULL DEFAULT 0,
  "created" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_variable__name" UNIQUE ("name")
) STRICT;
INSERT OR ABORT INTO "sandpiper_new_variable" (rowid, "id", "name", "value", "secret", "created", "updated") SELECT rowid, "id", "name", "value", "secret", "created", "updated" FROM "variable" NOT INDEXED;
DROP TABLE "variable";
ALTER TABLE "sandpiper_new_variable" RENAME TO "variable";
CREATE INDEX "ix_variable__updated" ON "variable" ("updated");
