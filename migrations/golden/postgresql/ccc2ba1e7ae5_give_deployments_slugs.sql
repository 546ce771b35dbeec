-- upgrade
ALTER TABLE "deployment" ADD COLUMN "slug" text;
SELECT count(*) FROM deployment;
SELECT id, name FROM deployment ORDER BY id LIMIT $1;
UPDATE deployment SET slug = $1 WHERE id = $2;
SELECT id, name FROM deployment WHERE id > $2 ORDER BY id LIMIT $1;
ALTER TABLE "deployment" ALTER COLUMN "slug" SET NOT NULL;
ALTER TABLE "deployment" ADD CONSTRAINT "uq_deployment__slug" UNIQUE ("slug");
-- downgrade
ALTER TABLE "deployment" DROP CONSTRAINT "uq_deployment__slug";
ALTER TABLE "deployment" DROP COLUMN "slug";
