-- upgrade
CREATE TABLE "run_input" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "flow_run_id" uuid NOT NULL,
  "input_key" varchar(120) NOT NULL,
  "value" text NOT NULL,
  "sender" varchar(200),
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_run_input__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "uq_run_input__flow_run_id_input_key" UNIQUE ("flow_run_id", "input_key")
);
-- downgrade
DROP TABLE "run_input";
