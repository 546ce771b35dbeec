-- upgrade
UPDATE flow_run SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE flow_run_state SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE task_run SET state = 'SCHEDULED' WHERE state = 'QUEUED';
UPDATE task_run_state SET state = 'SCHEDULED' WHERE state = 'QUEUED';
LOCK TABLE public.flow_run, public.task_run, public.flow_run_state, public.task_run_state;
ALTER TYPE public.run_state RENAME TO "run_state_sandpiper_old";
CREATE TYPE public.run_state AS ENUM ('SCHEDULED', 'RUNNING', 'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED');
ALTER TABLE public.flow_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.flow_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
ALTER TABLE public.task_run_state ALTER COLUMN state TYPE public.run_state USING state::text::public.run_state;
DROP TYPE public."run_state_sandpiper_old";
-- downgrade
ALTER TYPE "run_state" ADD VALUE 'QUEUED' AFTER 'SCHEDULED';
