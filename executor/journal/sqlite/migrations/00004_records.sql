-- One table for facts of all kinds, in an order that the table itself tells: that
-- of the rows of a table without a number of its own is SQLite's to change.
-- Version 5 moves what the tables of before hold, and drops them.

-- +goose Up
CREATE TABLE records (
    number INTEGER PRIMARY KEY, -- the order
    fence  INTEGER NOT NULL,    -- the turn of the process that wrote it
    run    INTEGER NOT NULL,    -- 0: about the account
    batch  INTEGER NOT NULL,    -- 0: about the run
    kind   TEXT    NOT NULL,
    key    TEXT    NOT NULL,    -- what it is looked up by
    at     INTEGER NOT NULL,    -- milliseconds since the epoch
    data   BLOB    NOT NULL     -- JSON, or what gzip made
);
CREATE INDEX records_kind ON records (kind);
CREATE INDEX records_key ON records (key) WHERE key <> '';
CREATE INDEX records_run ON records (run) WHERE run <> 0;
CREATE INDEX records_batch ON records (batch) WHERE batch <> 0;

-- One row: whose turn it is, and the last number that was given.
CREATE TABLE lease (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    fence INTEGER NOT NULL,
    last  INTEGER NOT NULL
);
INSERT INTO lease VALUES (1, 0, 0);

-- +goose Down
DROP TABLE lease;
DROP TABLE records;
