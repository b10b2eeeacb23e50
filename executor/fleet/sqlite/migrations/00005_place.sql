-- +goose Up
-- Where the file lies, so that one which was put back from a backup is noticed.
CREATE TABLE place (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    incarnation TEXT NOT NULL
);
INSERT INTO place VALUES (1, '');
