package pgsql

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Querier is a pool of connections, or a transaction.
type Querier interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// place names where a table lies, as far as everybody may ask. A copy made by SQL has
// tables of its own; a server that was put back from a copy of its files, or was a
// replica, is on a timeline of its own from then on.
const place = `SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE
	'timeline ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
	(SELECT oid FROM pg_database WHERE datname = current_database()), $1::text::regclass::oid`

// Place names where a table lies, so that what is put back lies elsewhere. "": a server
// that only follows another one has none that can be read.
func Place(ctx context.Context, db Querier, table string) (string, error) {
	var timeline string
	var database, number uint32
	if err := db.QueryRow(ctx, place, table).Scan(&timeline, &database, &number); err != nil || timeline == "" {
		return "", err
	}
	return fmt.Sprintf("%s, database %d, table %d", timeline, database, number), nil
}

// Incarnation is Place with the number of the system, where the user may ask for it.
func Incarnation(ctx context.Context, db Querier, table string) (string, error) {
	name, err := Place(ctx, db, table)
	if err != nil || name == "" {
		return "", err
	}
	var system int64
	err = db.QueryRow(ctx, `SELECT system_identifier FROM pg_control_system()`).Scan(&system)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientPrivilege {
		return name, nil // the right may be taken away; the rest tells most
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("system %d, %s", system, name), nil
}

// insufficientPrivilege is an error code of PostgreSQL.
const insufficientPrivilege = "42501"
