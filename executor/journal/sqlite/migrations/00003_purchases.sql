-- What a request orders, recorded with its intent.

-- +goose Up
CREATE TABLE purchases (
    batch    INTEGER NOT NULL REFERENCES intents (batch),
    step     TEXT    NOT NULL,
    domain   TEXT    NOT NULL,
    kind     TEXT    NOT NULL, -- the attribute
    before   TEXT    NOT NULL, -- its live value, as JSON
    years    INTEGER NOT NULL,
    amount   INTEGER NOT NULL, -- in hundredths; the most it may be where it is not known
    known    INTEGER NOT NULL,
    currency TEXT    NOT NULL,
    PRIMARY KEY (batch, step)
) WITHOUT ROWID;
CREATE INDEX results_step ON results (batch, step);

-- +goose Down
DROP INDEX results_step;
DROP TABLE purchases;
