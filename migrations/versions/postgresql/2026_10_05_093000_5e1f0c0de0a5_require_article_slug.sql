-- Every article has a slug by now, and no two have the same.
--
-- Revision ID: 5e1f0c0de0a5
-- Revises: 5e1f0c0de0a4

-- +upgrade

ALTER TABLE article
    ALTER COLUMN slug SET NOT NULL,
    ADD CONSTRAINT article_slug_key UNIQUE (slug);

-- +downgrade

ALTER TABLE article
    DROP CONSTRAINT article_slug_key,
    ALTER COLUMN slug DROP NOT NULL;
