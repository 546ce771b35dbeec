-- upgrade
CREATE TABLE "concurrency_slot" (
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
INSERT INTO concurrency_slot (name, slots)
SELECT 'tag:' || tag, slots FROM concurrency_limit;
-- downgrade
DELETE FROM concurrency_slot;
DROP TABLE "concurrency_slot";
