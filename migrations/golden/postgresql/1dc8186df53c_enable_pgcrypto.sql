-- upgrade
CREATE EXTENSION "pgcrypto";
-- downgrade
DROP EXTENSION "pgcrypto";
