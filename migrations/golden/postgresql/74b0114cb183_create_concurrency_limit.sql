-- upgrade
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
-- downgrade
DROP INDEX "ix_concurrency_limit__updated";
DROP TABLE "concurrency_limit";
