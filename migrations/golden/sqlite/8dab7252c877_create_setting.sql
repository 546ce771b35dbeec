-- upgrade
CREATE TABLE "setting" (
  "name" VARCHAR(100) PRIMARY KEY NOT NULL,
  "value" TEXT NOT NULL,
  "changed" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) WITHOUT ROWID;
INSERT INTO "setting" ("name", "value") VALUES
  ('retention_days', '30'),
  ('theme', '"light"'),
  ('welcome', '{"shown": false}');
-- downgrade
DROP TABLE "setting";
