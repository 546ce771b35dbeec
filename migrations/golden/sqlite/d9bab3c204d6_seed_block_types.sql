-- upgrade
INSERT INTO "block_type" ("name", "logo_url", "description", "protected") VALUES
  ('Secret', NULL, 'A value that is not shown.', 1),
  ('Webhook', 'https://server.example/webhook.png', 'Where to call, and how: it''s an URL.', 1),
  ('JSON', NULL, NULL, 0);
INSERT INTO block_schema (block_type_id, checksum, fields)
SELECT id, 'sha256:' || lower(name), '{"value": "string"}' FROM block_type WHERE protected;
-- downgrade
DELETE FROM block_schema WHERE checksum IN ('sha256:secret', 'sha256:webhook');
DELETE FROM "block_type" WHERE ("name") IN (VALUES ('Secret'), ('Webhook'), ('JSON'));
