-- upgrade
CREATE TABLE "concurrency_slot" (
  "id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
  "name" varchar(120) NOT NULL,
  "active" boolean DEFAULT true NOT NULL,
  "slots" integer NOT NULL,
  "taken" integer DEFAULT 0 NOT NULL,
  "decay" double precision DEFAULT 0.5 NOT NULL,
  "created" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "uq_concurrency_slot__name" UNIQUE ("name")
);
INSERT INTO concurrency_slot (name, slots)
SELECT 'tag:' || tag, slots FROM concurrency_limit;
-- downgrade
DELETE FROM concurrency_slot;
DROP TABLE "concurrency_slot";
