-- Times are milliseconds since the epoch; NULL is never.

-- +goose Up
CREATE TABLE jobs (
    name      TEXT    PRIMARY KEY,
    declared  INTEGER NOT NULL, -- 0: the file has it no more
    schedule  TEXT    NOT NULL,
    priority  INTEGER NOT NULL,
    account   TEXT    NOT NULL,
    next      INTEGER,          -- NULL: when somebody asks for it
    due       INTEGER,          -- the time that a run is owed to since an earlier attempt
    attempt   INTEGER NOT NULL DEFAULT 0,
    paused    INTEGER,          -- the act
    asked     INTEGER,          -- the act
    fence     INTEGER NOT NULL DEFAULT 0,
    run       INTEGER,          -- that somebody works on
    until     INTEGER,          -- the end of the lease
    metrics   BLOB
) WITHOUT ROWID;

CREATE TABLE runs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    job      TEXT    NOT NULL,
    fence    INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    missed   INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    began    INTEGER NOT NULL,
    ended    INTEGER,
    asked_by TEXT    NOT NULL,
    holder   TEXT    NOT NULL,
    outcome  TEXT    NOT NULL DEFAULT '{}' -- JSON
);
CREATE INDEX runs_job ON runs (job, id);

CREATE TABLE lines (
    run    INTEGER NOT NULL,
    number INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

CREATE TABLE acts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    deed    TEXT    NOT NULL,
    job     TEXT    NOT NULL,
    run     INTEGER NOT NULL,
    detail  TEXT    NOT NULL
);
CREATE INDEX acts_job ON acts (job, id);
