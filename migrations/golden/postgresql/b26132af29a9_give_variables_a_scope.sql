-- upgrade
ALTER TABLE "variable" ADD COLUMN "scope" varchar(60) DEFAULT 'global' NOT NULL;
ALTER TABLE "variable" DROP CONSTRAINT "uq_variable__name";
ALTER TABLE "variable" ADD CONSTRAINT "uq_variable__scope_name" UNIQUE ("scope", "name");
-- downgrade
DELETE FROM variable WHERE scope <> 'global';
ALTER TABLE "variable" DROP CONSTRAINT "uq_variable__scope_name";
ALTER TABLE "variable" ADD CONSTRAINT "uq_variable__name" UNIQUE ("name");
ALTER TABLE "variable" DROP COLUMN "scope";
