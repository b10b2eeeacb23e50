-- +goose Up
-- Which processes serve the fleet, and by which file.
CREATE TABLE processes (
    id      TEXT    PRIMARY KEY,
    name    TEXT    NOT NULL,
    version TEXT    NOT NULL,
    file    TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    seen    INTEGER NOT NULL
) WITHOUT ROWID;
