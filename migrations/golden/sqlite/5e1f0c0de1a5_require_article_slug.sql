-- upgrade
CREATE TABLE article_new (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL,
    title     TEXT NOT NULL,
    body      TEXT NOT NULL DEFAULT '',
    created   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    published TEXT,
    slug      TEXT NOT NULL,
    CONSTRAINT article_author_id_fkey FOREIGN KEY (author_id) REFERENCES author (id),
    CONSTRAINT article_slug_key UNIQUE (slug)
);
INSERT INTO article_new (id, author_id, title, body, created, published, slug)
SELECT id, author_id, title, body, created, published, slug FROM article;
DROP TABLE article;
ALTER TABLE article_new RENAME TO article;
CREATE INDEX article_author_id_idx ON article (author_id);
CREATE INDEX article_published_idx ON article (published DESC) WHERE published IS NOT NULL;
-- downgrade
CREATE TABLE article_new (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL,
    title     TEXT NOT NULL,
    body      TEXT NOT NULL DEFAULT '',
    created   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    published TEXT,
    slug      TEXT,
    CONSTRAINT article_author_id_fkey FOREIGN KEY (author_id) REFERENCES author (id)
);
INSERT INTO article_new (id, author_id, title, body, created, published, slug)
SELECT id, author_id, title, body, created, published, slug FROM article;
DROP TABLE article;
ALTER TABLE article_new RENAME TO article;
CREATE INDEX article_author_id_idx ON article (author_id);
CREATE INDEX article_published_idx ON article (published DESC) WHERE published IS NOT NULL;
