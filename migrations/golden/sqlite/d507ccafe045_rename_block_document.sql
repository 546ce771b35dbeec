-- upgrade
ALTER TABLE "block_document" RENAME TO "block";
ALTER TABLE "block" RENAME COLUMN "doc_name" TO "name";
DROP INDEX "ix_block_document__doc_name";
CREATE UNIQUE INDEX "ix_block__name" ON "block" (block_schema_id, "name") WHERE NOT anonymous;
-- downgrade
DROP INDEX "ix_block__name";
CREATE UNIQUE INDEX "ix_block_document__doc_name" ON "block" (block_schema_id, "name") WHERE NOT anonymous;
ALTER TABLE "block" RENAME COLUMN "name" TO "doc_name";
ALTER TABLE "block" RENAME TO "block_document";
