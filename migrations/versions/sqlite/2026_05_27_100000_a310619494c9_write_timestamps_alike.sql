-- Early servers wrote times as 2026-01-05T09:00:00Z. Text is compared as text, so
-- all of them are written the way that the defaults write them.
--
-- Revision ID: a310619494c9
-- Revises: 01b6b8ce92ac

-- +upgrade

UPDATE flow_run SET scheduled = strftime('%Y-%m-%d %H:%M:%f000', scheduled) WHERE scheduled LIKE '%T%';
UPDATE flow_run SET started = strftime('%Y-%m-%d %H:%M:%f000', started) WHERE started LIKE '%T%';
UPDATE flow_run SET ended = strftime('%Y-%m-%d %H:%M:%f000', ended) WHERE ended LIKE '%T%';
UPDATE run_log SET logged = strftime('%Y-%m-%d %H:%M:%f000', logged) WHERE logged LIKE '%T%';

-- +downgrade

-- Both ways of writing are read, so there is nothing to undo.
