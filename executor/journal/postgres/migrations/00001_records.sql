-- Names are compared as bytes, whatever the database's own order of texts is.
-- Keys and data come from a service and may be any bytes.

-- +goose Up
CREATE TABLE domainsync_accounts (
    endpoint text COLLATE "C" NOT NULL,
    account  text COLLATE "C" NOT NULL,
    fence    bigint      NOT NULL DEFAULT 0,  -- how many have held it
    last     bigint      NOT NULL DEFAULT 0,  -- the last number that was given
    holder   text        NOT NULL DEFAULT '', -- who holds it, for people
    ends     timestamptz,                     -- when its lease ends; null: nobody holds it
    PRIMARY KEY (endpoint, account)
) WITH (fillfactor = 50); -- one row of each is written all the time

CREATE TABLE domainsync_records (
    endpoint text COLLATE "C" NOT NULL,
    account  text COLLATE "C" NOT NULL,
    number   bigint NOT NULL,
    fence    bigint NOT NULL, -- of the holder that wrote it
    run      bigint NOT NULL, -- 0: about the account
    batch    bigint NOT NULL, -- 0: about the run
    kind     text COLLATE "C" NOT NULL,
    key      bytea  NOT NULL, -- what it is looked up by
    at       bigint NOT NULL, -- milliseconds since the epoch
    data     bytea  NOT NULL, -- JSON, or what gzip made
    PRIMARY KEY (endpoint, account, number),
    FOREIGN KEY (endpoint, account) REFERENCES domainsync_accounts
);
CREATE INDEX domainsync_records_kind ON domainsync_records (endpoint, account, kind, number);
CREATE INDEX domainsync_records_run ON domainsync_records (endpoint, account, run, number) WHERE run <> 0;
CREATE INDEX domainsync_records_batch ON domainsync_records (endpoint, account, batch, number) WHERE batch <> 0;
CREATE INDEX domainsync_records_key ON domainsync_records USING hash (key) WHERE key <> ''; -- a key may be too long for others

-- +goose Down
DROP TABLE domainsync_records;
DROP TABLE domainsync_accounts;
