-- upgrade
ALTER TABLE article ADD COLUMN slug text;
INSERT INTO author (email, name) VALUES
    ('ada@blog.example', 'Ada'),
    ('grace@blog.example', 'Grace');
INSERT INTO article (author_id, title, body, published)
SELECT author.id, seed.title, seed.body, now()
FROM author
JOIN (VALUES
    ('ada@blog.example', 'Hello, world!', 'The first one.'),
    ('ada@blog.example', 'Notes on the Analytical Engine; part 1', 'It''s a start.'),
    ('grace@blog.example', 'Hello, World', 'The same greeting, from somebody else.')
) AS seed (email, title, body) ON seed.email = author.email
ORDER BY author.email, seed.title;
-- downgrade
DELETE FROM article
WHERE title IN ('Hello, world!', 'Notes on the Analytical Engine; part 1', 'Hello, World')
  AND author_id IN (SELECT id FROM author WHERE email IN ('ada@blog.example', 'grace@blog.example'));
DELETE FROM author
WHERE email IN ('ada@blog.example', 'grace@blog.example')
  AND NOT EXISTS (SELECT 1 FROM article WHERE article.author_id = author.id);
ALTER TABLE article DROP COLUMN slug;
