-- What somebody may administer: a bit for each role (passband_core::directory::Role). The first, Global
-- Administrator, is what `admin` was.
DROP INDEX users_admin;
ALTER TABLE users RENAME COLUMN admin TO roles;
CREATE INDEX users_roles ON users (id) WHERE roles <> 0;
