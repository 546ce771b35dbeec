-- upgrade
DROP EXTENSION "pgcrypto";
-- downgrade
CREATE EXTENSION "pgcrypto";
