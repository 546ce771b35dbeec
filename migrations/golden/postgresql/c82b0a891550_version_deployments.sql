-- upgrade
CREATE TABLE "deployment_version" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "deployment_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "parameters" json NOT NULL,
  "source" varchar(400),
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_deployment_version__deployment_id__deployment" FOREIGN KEY ("deployment_id") REFERENCES "deployment" ON DELETE CASCADE,
  CONSTRAINT "uq_deployment_version__deployment_id_number" UNIQUE ("deployment_id", "number")
);
INSERT INTO deployment_version (deployment_id, number, parameters)
SELECT id, 1, parameters FROM deployment;
ALTER TABLE "deployment" ADD COLUMN "version_id" uuid;
UPDATE deployment
SET version_id = (SELECT id FROM deployment_version WHERE deployment_id = deployment.id AND number = 1);
ALTER TABLE "deployment" ADD CONSTRAINT "fk_deployment__version_id__deployment_version" FOREIGN KEY ("version_id") REFERENCES "deployment_version" ON DELETE SET NULL;
CREATE INDEX "ix_deployment__version_id" ON "deployment" ("version_id");
-- downgrade
DROP INDEX "ix_deployment__version_id";
ALTER TABLE "deployment" DROP CONSTRAINT "fk_deployment__version_id__deployment_version";
ALTER TABLE "deployment" DROP COLUMN "version_id";
DELETE FROM deployment_version;
DROP TABLE "deployment_version";
