-- upgrade
DROP TABLE "concurrency_limit";
-- downgrade
CREATE TABLE "concurrency_limit" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "tag" VARCHAR(120) NOT NULL,
  "slots" INTEGER NOT NULL,
  "holders" TEXT NOT NULL DEFAULT '[]',
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "updated" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "uq_concurrency_limit__tag" UNIQUE ("tag")
);
CREATE INDEX "ix_concurrency_limit__updated" ON "concurrency_limit" ("updated");
INSERT INTO concurrency_limit (tag, slots)
SELECT substr(name, 5), slots FROM concurrency_slot WHERE name LIKE 'tag:%';
