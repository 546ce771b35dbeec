-- upgrade
DROP TABLE "concurrency_limit";
-- downgrade
CREATE TABLE "concurrency_limit" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "tag" varchar(120) NOT NULL,
  "slots" integer NOT NULL,
  "holders" json DEFAULT '[]' NOT NULL,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "uq_concurrency_limit__tag" UNIQUE ("tag")
);
CREATE INDEX "ix_concurrency_limit__updated" ON "concurrency_limit" ("updated");
INSERT INTO concurrency_limit (tag, slots)
SELECT substr(name, 5), slots FROM concurrency_slot WHERE name LIKE 'tag:%';
