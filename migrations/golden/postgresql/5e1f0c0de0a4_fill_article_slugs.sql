-- upgrade
SELECT count(*) FROM article;
SELECT id, title FROM article ORDER BY id LIMIT $1;
UPDATE article SET slug = $1 WHERE id = $2; -- 3 rows
SELECT id, title FROM article WHERE id > $2 ORDER BY id LIMIT $1;
-- downgrade
UPDATE article SET slug = NULL;
