-- +goose Up
-- Browsers that are signed in. The hashes tell nobody what they are of.
CREATE TABLE sessions (
    id     BLOB    PRIMARY KEY,
    person TEXT    NOT NULL,
    token  BLOB    NOT NULL,
    began  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) WITHOUT ROWID;
