-- upgrade
CREATE TABLE "setting" (
  "name" varchar(100) NOT NULL PRIMARY KEY,
  "value" json NOT NULL,
  "changed" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
INSERT INTO "setting" ("name", "value") VALUES
  ('retention_days', '30'),
  ('theme', '"light"'),
  ('welcome', '{"shown": false}');
-- downgrade
DROP TABLE "setting";
