-- +goose Up
-- Times are those of the database. Keys are named by hashes.
CREATE TABLE domainsync_limits (
	key        text COLLATE "C" NOT NULL,
	operation  text COLLATE "C" NOT NULL,
	free       timestamptz NOT NULL,      -- when the next slot may begin
	every      double precision NOT NULL, -- seconds from one call of the last slot to the next
	per_second double precision NOT NULL, -- calls, as they were asked for last
	slowed     double precision,          -- calls a second after the last slowdown
	changed    timestamptz,               -- when that was
	touched    timestamptz NOT NULL,      -- when the row was written
	PRIMARY KEY (key, operation)
);
