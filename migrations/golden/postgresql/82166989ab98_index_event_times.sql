-- upgrade
SET LOCAL lock_timeout = '2000ms';
CREATE INDEX "brin_event__received" ON "event" USING brin ("received") WITH (pages_per_range = 32);
-- downgrade
SET LOCAL lock_timeout = '2000ms';
DROP INDEX "brin_event__received";
