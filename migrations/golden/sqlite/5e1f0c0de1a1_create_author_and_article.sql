-- upgrade
CREATE TABLE author (
    id      INTEGER PRIMARY KEY,
    email   TEXT NOT NULL,
    name    TEXT NOT NULL,
    created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    CONSTRAINT author_email_key UNIQUE (email)
);
CREATE TABLE article (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL,
    title     TEXT NOT NULL,
    body      TEXT NOT NULL DEFAULT '',
    created   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    published TEXT,
    CONSTRAINT article_author_id_fkey FOREIGN KEY (author_id) REFERENCES author (id)
);
CREATE INDEX article_author_id_idx ON article (author_id);
-- downgrade
DROP TABLE article;
DROP TABLE author;
