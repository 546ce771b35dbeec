-- upgrade
CREATE TABLE tag (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    CONSTRAINT tag_name_key UNIQUE (name)
);
CREATE TABLE article_tag (
    article_id INTEGER NOT NULL,
    tag_id     INTEGER NOT NULL,
    CONSTRAINT article_tag_pkey PRIMARY KEY (article_id, tag_id),
    CONSTRAINT article_tag_article_id_fkey FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE CASCADE,
    CONSTRAINT article_tag_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES tag (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX article_tag_tag_id_idx ON article_tag (tag_id);
CREATE INDEX article_published_idx ON article (published DESC) WHERE published IS NOT NULL;
-- downgrade
DROP INDEX article_published_idx;
DROP TABLE article_tag;
DROP TABLE tag;
