-- upgrade
CREATE TABLE "variable" (
  "id" TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "secret" INTEGER NOT NULL DEFAULT 0,
  "created" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_variable__name" UNIQUE ("name")
) STRICT;
CREATE INDEX "ix_variable__updated" ON "variable" ("updated");
-- downgrade
DROP INDEX "ix_variable__updated";
DROP TABLE "variable";
