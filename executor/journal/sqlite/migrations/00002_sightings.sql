-- What was live as declared, or was not, when a run began. A row is added when
-- that changes.

-- +goose Up
CREATE TABLE sightings (
    mark TEXT    NOT NULL,
    live INTEGER NOT NULL,
    at   INTEGER NOT NULL
);
CREATE INDEX sightings_mark ON sightings (mark);

-- +goose Down
DROP TABLE sightings;
