-- upgrade
INSERT INTO "block_type" ("name", "logo_url", "description", "protected") VALUES
  ('Secret', NULL, 'A value that is not shown.', 'true'),
  ('Webhook', 'https://server.example/webhook.png', 'Where to call, and how: it''s an URL.', 'true'),
  ('JSON', NULL, NULL, 'false');
INSERT INTO block_schema (block_type_id, checksum, fields)
SELECT id, 'sha256:' || lower(name), '{"value": "string"}' FROM block_type WHERE protected;
-- downgrade
DELETE FROM block_schema WHERE checksum IN ('sha256:secret', 'sha256:webhook');
DELETE FROM "block_type" WHERE ("name") IN (('Secret'), ('Webhook'), ('JSON'));
