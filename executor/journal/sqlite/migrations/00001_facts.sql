-- Every table holds facts that are only ever added. Times are milliseconds
-- since the epoch; lists and maps are JSON.

-- +goose Up
CREATE TABLE bindings (
    endpoint TEXT    NOT NULL,
    account  TEXT    NOT NULL, -- empty while nobody knows it
    at       INTEGER NOT NULL
);

-- Declared names, once for all runs that declare the same.
CREATE TABLE declarations (
    hash  TEXT PRIMARY KEY,
    names BLOB NOT NULL -- one a line, gzip
) WITHOUT ROWID;

CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL,
    began       INTEGER NOT NULL,
    config_hash TEXT    NOT NULL,
    plan_id     TEXT    NOT NULL,
    plan        BLOB    NOT NULL, -- gzip
    declared    TEXT    NOT NULL REFERENCES declarations (hash)
);
CREATE INDEX runs_plan_id ON runs (plan_id);

CREATE TABLE marks (
    run  INTEGER NOT NULL REFERENCES runs (id),
    mark TEXT    NOT NULL,
    at   INTEGER NOT NULL
);
CREATE INDEX marks_run ON marks (run);

CREATE TABLE intents (
    batch     INTEGER PRIMARY KEY,
    run       INTEGER NOT NULL REFERENCES runs (id),
    operation TEXT    NOT NULL,
    batch_key TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    steps     TEXT    NOT NULL,
    names     TEXT    NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX intents_run ON intents (run);

CREATE TABLE outcomes (
    batch      INTEGER NOT NULL REFERENCES intents (batch),
    outcome    TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    at         INTEGER NOT NULL
);
CREATE INDEX outcomes_batch ON outcomes (batch);

CREATE TABLE submissions (
    batch      INTEGER PRIMARY KEY REFERENCES intents (batch),
    task       TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    adopted    INTEGER NOT NULL,
    at         INTEGER NOT NULL
);

CREATE TABLE results (
    batch      INTEGER NOT NULL REFERENCES intents (batch),
    detail     TEXT    NOT NULL,
    step       TEXT    NOT NULL,
    success    INTEGER NOT NULL,
    message    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (batch, detail)
) WITHOUT ROWID;

CREATE TABLE acknowledgements (
    batch  INTEGER NOT NULL,
    detail TEXT    NOT NULL,
    note   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (batch, detail),
    FOREIGN KEY (batch, detail) REFERENCES results (batch, detail)
) WITHOUT ROWID;

CREATE TABLE conclusions (
    batch   INTEGER NOT NULL REFERENCES intents (batch),
    step    TEXT    NOT NULL,
    verdict TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    at      INTEGER NOT NULL
);
CREATE INDEX conclusions_batch ON conclusions (batch);

CREATE TABLE verifications (
    run     INTEGER NOT NULL REFERENCES runs (id),
    change  TEXT    NOT NULL,
    verdict TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    at      INTEGER NOT NULL
);
CREATE INDEX verifications_run ON verifications (run);

-- +goose Down
DROP TABLE verifications;
DROP TABLE conclusions;
DROP TABLE acknowledgements;
DROP TABLE results;
DROP TABLE submissions;
DROP TABLE outcomes;
DROP TABLE intents;
DROP TABLE marks;
DROP TABLE runs;
DROP TABLE declarations;
DROP TABLE bindings;
