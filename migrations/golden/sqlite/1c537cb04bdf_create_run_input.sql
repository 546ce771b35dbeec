-- upgrade
CREATE TABLE "run_input" (
  "id" CHAR(36) PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "flow_run_id" CHAR(36) NOT NULL,
  "input_key" VARCHAR(120) NOT NULL,
  "value" TEXT NOT NULL,
  "sender" VARCHAR(200),
  "created" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  CONSTRAINT "fk_run_input__flow_run_id__flow_run" FOREIGN KEY ("flow_run_id") REFERENCES "flow_run" ON DELETE CASCADE,
  CONSTRAINT "uq_run_input__flow_run_id_input_key" UNIQUE ("flow_run_id", "input_key")
);
-- downgrade
DROP TABLE "run_input";
