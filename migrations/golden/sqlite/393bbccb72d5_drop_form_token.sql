-- upgrade
DROP TABLE "form_token";
-- downgrade
CREATE TABLE "form_token" (
  "client" VARCHAR(100) PRIMARY KEY NOT NULL,
  "token" VARCHAR(64) NOT NULL,
  "expires" DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX "ix_form_token__expires" ON "form_token" ("expires");
