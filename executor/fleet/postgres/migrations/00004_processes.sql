-- +goose Up
-- Which processes serve the fleet, and by which file. Times are of the database's clock.
CREATE TABLE domainsync_fleet.processes (
    id      text COLLATE "C" PRIMARY KEY,
    name    text        NOT NULL,
    version text        NOT NULL,
    file    text        NOT NULL,
    since   timestamptz NOT NULL,
    seen    timestamptz NOT NULL
);
