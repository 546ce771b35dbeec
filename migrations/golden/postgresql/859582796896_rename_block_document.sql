-- upgrade
ALTER TABLE "block_document" RENAME TO "block";
ALTER TABLE "block" RENAME COLUMN "doc_name" TO "name";
ALTER INDEX "ix_block_document__doc_name" RENAME TO "ix_block__name";
-- downgrade
ALTER INDEX "ix_block__name" RENAME TO "ix_block_document__doc_name";
ALTER TABLE "block" RENAME COLUMN "name" TO "doc_name";
ALTER TABLE "block" RENAME TO "block_document";
