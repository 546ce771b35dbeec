-- upgrade
CREATE TABLE "form_token" (
  "client" varchar(100) NOT NULL PRIMARY KEY,
  "token" varchar(64) NOT NULL,
  "expires" timestamp with time zone NOT NULL
);
CREATE INDEX "ix_form_token__expires" ON "form_token" ("expires");
-- downgrade
DROP INDEX "ix_form_token__expires";
DROP TABLE "form_token";
