-- upgrade
ALTER TABLE article
    ALTER COLUMN slug SET NOT NULL,
    ADD CONSTRAINT article_slug_key UNIQUE (slug);
-- downgrade
ALTER TABLE article
    DROP CONSTRAINT article_slug_key,
    ALTER COLUMN slug DROP NOT NULL;
