-- upgrade
DELETE FROM concurrency_slot WHERE slots < 0;
ALTER TABLE "concurrency_slot" ADD CONSTRAINT "concurrency_slot_not_negative" CHECK (slots >= 0 AND taken >= 0);
UPDATE work_pool SET slots = 0 WHERE slots < 0;
ALTER TABLE "work_pool" ADD CONSTRAINT "work_pool_not_negative" CHECK (slots IS NULL OR slots >= 0);
-- downgrade
ALTER TABLE "work_pool" DROP CONSTRAINT "work_pool_not_negative";
ALTER TABLE "concurrency_slot" DROP CONSTRAINT "concurrency_slot_not_negative";
