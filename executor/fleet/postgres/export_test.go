package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/internal/clock"
)

// MoveDatabase has a table take another clock for that of the database.
func MoveDatabase(t *Table, c clock.Clock) {
	t.byDatabase = func(time.Time) time.Time { return c.Now() }
}

// Transact makes a transaction as the table makes its own.
func Transact(t *Table, use func(context.Context, pgx.Tx) error) error {
	return t.write(context.Background(), shortly, func(ctx context.Context, tx *transaction) error { return use(ctx, tx.Tx) })
}
