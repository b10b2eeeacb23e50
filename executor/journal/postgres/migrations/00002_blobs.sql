-- +goose Up
CREATE TABLE domainsync_blobs (
    endpoint text COLLATE "C" NOT NULL,
    account  text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    data     bytea NOT NULL,
    PRIMARY KEY (endpoint, account, kind, key)
);
ALTER TABLE domainsync_blobs ALTER COLUMN data SET STORAGE EXTERNAL; -- it is compressed already

-- +goose Down
DROP TABLE domainsync_blobs;
