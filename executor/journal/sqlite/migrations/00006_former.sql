-- +goose Up

-- Programs up to version 3 of these tables take a database without the three below
-- for one of another program, and advise a new directory, which would forget what
-- was bought. With them they see that a newer program wrote it, and say so. The
-- tables stay empty.
CREATE TABLE bindings (unused INTEGER);
CREATE TABLE intents (unused INTEGER);
CREATE TABLE submissions (unused INTEGER);
