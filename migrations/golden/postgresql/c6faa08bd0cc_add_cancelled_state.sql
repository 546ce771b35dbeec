-- upgrade
ALTER TYPE "run_state" ADD VALUE 'CANCELLING' AFTER 'RUNNING';
ALTER TYPE "run_state" ADD VALUE 'CANCELLED';
UPDATE flow_run SET state = 'CANCELLED' WHERE state = 'FAILED' AND state_label = 'Cancelled';
UPDATE flow_run_state SET state = 'CANCELLED' WHERE state = 'FAILED' AND label = 'Cancelled';
UPDATE task_run SET state = 'CANCELLED' WHERE state = 'FAILED' AND state_label = 'Cancelled';
UPDATE task_run_state SET state = 'CANCELLED' WHERE state = 'FAILED' AND label = 'Cancelled';
-- downgrade
UPDATE task_run_state SET state = 'FAILED', label = 'Cancelled' WHERE state IN ('CANCELLING', 'CANCELLED');
UPDATE task_run SET state = 'FAILED', state_label = 'Cancelled' WHERE state IN ('CANCELLING', 'CANCELLED');
UPDATE flow_run_state SET state = 'FAILED', label = 'Cancelled' WHERE state IN ('CANCELLING', 'CANCELLED');
UPDATE flow_run SET state = 'FAILED', state_label = 'Cancelled' WHERE state IN ('CANCELLING', 'CANCELLED');
LOCK TABLE public.flow_run, public.task_run, public.flow_run_state, public.task_run_state;
ALTER TYPE public.run_state RENAME TO "run_state_sandpiper_old";
CREATE TYPE public.run_state AS ENUM ('SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING', 'DONE', 'FAILED', 'CRASHED');
ALTER TABLE public.flow_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.flow_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
DROP TYPE public."run_state_sandpiper_old";
LOCK TABLE public.flow_run, public.task_run, public.flow_run_state, public.task_run_state;
ALTER TYPE public.run_state RENAME TO "run_state_sandpiper_old";
CREATE TYPE public.run_state AS ENUM ('SCHEDULED', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CRASHED');
ALTER TABLE public.flow_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.flow_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
DROP TYPE public."run_state_sandpiper_old";
