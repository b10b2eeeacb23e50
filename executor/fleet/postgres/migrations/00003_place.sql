-- +goose Up
-- Where the tables lie, so that a fleet that was put back from a backup is noticed.
CREATE TABLE domainsync_fleet.place (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    incarnation text NOT NULL
);
INSERT INTO domainsync_fleet.place (incarnation) VALUES ('');
