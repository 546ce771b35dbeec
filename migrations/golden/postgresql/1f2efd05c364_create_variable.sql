-- upgrade
CREATE TABLE "variable" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "name" varchar(120) NOT NULL,
  "value" text NOT NULL,
  "secret" boolean DEFAULT false NOT NULL,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "uq_variable__name" UNIQUE ("name")
);
CREATE INDEX "ix_variable__updated" ON "variable" ("updated");
-- downgrade
DROP INDEX "ix_variable__updated";
DROP TABLE "variable";
