-- upgrade
COMMENT ON TABLE "flow" IS 'What can be run.';
COMMENT ON TABLE "flow_run" IS 'One run of a flow.';
COMMENT ON COLUMN "flow_run"."seconds" IS 'How long it took.';
COMMENT ON COLUMN "artifact"."description" IS 'CommonMark';
-- downgrade
COMMENT ON COLUMN "artifact"."description" IS 'Markdown';
COMMENT ON COLUMN "flow_run"."seconds" IS NULL;
COMMENT ON TABLE "flow_run" IS NULL;
COMMENT ON TABLE "flow" IS NULL;
