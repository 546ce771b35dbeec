-- upgrade
ALTER TYPE "run_state" RENAME VALUE 'DONE' TO 'COMPLETED';
-- downgrade
ALTER TYPE "run_state" RENAME VALUE 'COMPLETED' TO 'DONE';
