-- +goose Up
-- Browsers that are signed in. The hashes tell nobody what they are of. Times are of the
-- clock of the process that began the session.
CREATE TABLE domainsync_fleet.sessions (
    id     bytea PRIMARY KEY,
    person text COLLATE "C" NOT NULL,
    token  bytea       NOT NULL,
    began  timestamptz NOT NULL,
    until  timestamptz NOT NULL
);
CREATE INDEX sessions_person ON domainsync_fleet.sessions (person);
