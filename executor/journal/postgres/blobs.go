package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// Blobs is the [store.Blobs] of an account in a database.
type Blobs struct {
	pool                    *pgxpool.Pool
	endpoint, account, kind string
}

var _ store.Blobs = (*Blobs)(nil)

// OpenBlobs opens the pieces of a kind in the database that a URL names, and makes
// the tables where they are missing.
func OpenBlobs(ctx context.Context, state, kind string, o store.Options) (*Blobs, error) {
	if o.Account == "" || o.Endpoint == "" {
		return nil, &store.AccountError{Where: pgsql.Redacted(state)}
	}
	pool, err := connect(ctx, state)
	if err != nil {
		return nil, err
	}
	if _, err := tables.Prepare(ctx, pool, false); err != nil {
		pool.Close()
		return nil, &store.OpenError{Where: pgsql.Redacted(state), Err: err}
	}
	return &Blobs{pool: pool, endpoint: o.Endpoint, account: o.Account, kind: kind}, nil
}

// Keys implements [store.Blobs].
func (b *Blobs) Keys(ctx context.Context) ([]string, error) {
	rows, err := b.pool.Query(ctx, `SELECT key FROM domainsync_blobs WHERE endpoint = $1 AND account = $2 AND kind = $3 ORDER BY key`, b.endpoint, b.account, b.kind)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Get implements [store.Blobs].
func (b *Blobs) Get(ctx context.Context, key string) (data []byte, ok bool, err error) {
	err = b.pool.QueryRow(ctx, `SELECT data FROM domainsync_blobs WHERE endpoint = $1 AND account = $2 AND kind = $3 AND key = $4`, b.endpoint, b.account, b.kind, key).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// Put implements [store.Blobs].
func (b *Blobs) Put(ctx context.Context, key string, data []byte) error {
	if err := store.CheckBlobKey(key); err != nil {
		return err
	}
	if data == nil {
		data = []byte{}
	}
	_, err := b.pool.Exec(ctx, `INSERT INTO domainsync_blobs (endpoint, account, kind, key, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (endpoint, account, kind, key) DO UPDATE SET data = EXCLUDED.data`, b.endpoint, b.account, b.kind, key, data)
	return err
}

// Delete implements [store.Blobs].
func (b *Blobs) Delete(ctx context.Context, keys ...string) error {
	_, err := b.pool.Exec(ctx, `DELETE FROM domainsync_blobs WHERE endpoint = $1 AND account = $2 AND kind = $3 AND key = ANY($4)`, b.endpoint, b.account, b.kind, keys)
	return err
}

// Clear implements [store.Blobs].
func (b *Blobs) Clear(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `DELETE FROM domainsync_blobs WHERE endpoint = $1 AND account = $2 AND kind = $3`, b.endpoint, b.account, b.kind)
	return err
}

// Close implements [store.Blobs].
func (b *Blobs) Close() error {
	b.pool.Close()
	return nil
}
