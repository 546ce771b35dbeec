-- upgrade
UPDATE flow_run SET scheduled = strftime('%Y-%m-%d %H:%M:%f000', scheduled) WHERE scheduled LIKE '%T%';
UPDATE flow_run SET started = strftime('%Y-%m-%d %H:%M:%f000', started) WHERE started LIKE '%T%';
UPDATE flow_run SET ended = strftime('%Y-%m-%d %H:%M:%f000', ended) WHERE ended LIKE '%T%';
UPDATE run_log SET logged = strftime('%Y-%m-%d %H:%M:%f000', logged) WHERE logged LIKE '%T%';
-- downgrade
