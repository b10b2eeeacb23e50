// Package postgres keeps limits in a PostgreSQL database, for many processes: each slot is
// one statement, by the clock of the database.
package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/limits"
	"github.com/domainsync/domainsync/internal/pgsql"
)

//go:embed migrations/*.sql
var migrations embed.FS

// connections are enough: a statement takes a moment, and a slot lasts for many calls.
const connections = 2

// Ledger gives slots. It implements [limits.Ledger].
type Ledger struct{ pool *pgxpool.Pool }

// Open opens the ledger in the database that a URL names, and makes its table where it is
// missing.
func Open(ctx context.Context, state string) (*Ledger, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	tables := pgsql.Tables{Migrations: files, Versions: "domainsync_limits_migrations", Lock: "domainsync_limits_migrations_lock"}
	pool, err := pgsql.Connect(ctx, state, connections)
	if err != nil {
		return nil, fmt.Errorf("the limits of calls cannot be shared in %s: %w", pgsql.Redacted(state), err)
	}
	if _, err := tables.Prepare(ctx, pool, false); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the limits of calls cannot be shared in %s: %w", pgsql.Redacted(state), err)
	}
	return &Ledger{pool}, nil
}

// Close closes the connections.
func (l *Ledger) Close() { l.pool.Close() }

// durable has a slot outlive the database, which may be told to lose what was written
// last: given once more, it would be two holders'.
const durable = `durable AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS mode)`

// Parts of the statements. A clock that was set back moves the row's times with it, so that
// nobody waits until it is as late as it was.
const (
	free   = `l.free - greatest(l.touched - clock_timestamp(), interval '0')`
	slowed = `coalesce(l.slowed * power($6::float8, least(greatest(extract(epoch FROM clock_timestamp() - l.changed), 0), 100)::float8), 'Infinity')`
	every  = `$5::float8 / least($3::float8, ` + slowed + `)`
)

// reserve puts a slot behind the last one, or begins it now where that is over. It is the
// generic cell rate algorithm (GCRA), which keeps one time of each row: that of the next.
const reserve = `WITH ` + durable + `
INSERT INTO domainsync_limits AS l (key, operation, free, every, per_second, touched)
SELECT $1, $2, clock_timestamp() + make_interval(secs => $4::float8 * $5::float8 / $3::float8), $5::float8 / $3::float8, $3::float8, clock_timestamp()
FROM durable WHERE mode = 'on'
ON CONFLICT (key, operation) DO UPDATE SET
	free       = greatest(clock_timestamp(), ` + free + `) + make_interval(secs => $4::float8 * ` + every + `),
	every      = ` + every + `,
	per_second = $3::float8,
	touched    = clock_timestamp()
RETURNING extract(epoch FROM l.free - clock_timestamp())::float8 - $4::float8 * l.every, l.every`

// Reserve implements [limits.Ledger].
func (l *Ledger) Reserve(ctx context.Context, r limits.Request) (limits.Slot, error) {
	var in, every float64
	row := l.pool.QueryRow(ctx, reserve, r.Key, r.Operation, r.PerSecond, float64(r.Calls), 1+limits.Margin, limits.Recovery)
	if err := row.Scan(&in, &every); err != nil {
		return limits.Slot{}, err
	}
	return limits.Slot{In: seconds(in), Every: seconds(every), Calls: r.Calls}, nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// slow locks the rows in order, so that two of them do not wait for each other.
const slow = `WITH ` + durable + `, hit AS MATERIALIZED (
	SELECT key, operation FROM domainsync_limits, durable
	WHERE mode = 'on' AND key = $1 AND $2 IN ('', operation) ORDER BY operation FOR UPDATE OF domainsync_limits
)
UPDATE domainsync_limits AS l SET
	free    = greatest(` + free + `, clock_timestamp() + make_interval(secs => $3::float8)),
	slowed  = CASE WHEN l.changed > clock_timestamp() - make_interval(secs => $4::float8) THEN l.slowed
		ELSE greatest(least(l.per_second, ` + slowed + `) / 2, l.per_second / $5::float8) END,
	changed = CASE WHEN l.changed > clock_timestamp() - make_interval(secs => $4::float8) THEN l.changed ELSE clock_timestamp() END,
	touched = clock_timestamp()
FROM hit WHERE l.key = hit.key AND l.operation = hit.operation`

// Slow implements [limits.Ledger].
func (l *Ledger) Slow(ctx context.Context, s limits.Slowdown) error {
	_, err := l.pool.Exec(ctx, slow, s.Key, s.Operation, s.Hint.Seconds(), s.Ago.Seconds(), float64(limits.MostSlowdown), limits.Recovery)
	return err
}

// forgotten is when a row that nobody uses any more is of no more use.
const forgotten = 24 * time.Hour

// Forget forgets what no call was made of for a day.
func (l *Ledger) Forget(ctx context.Context) error {
	_, err := l.pool.Exec(ctx, `DELETE FROM domainsync_limits WHERE greatest(touched, free) < clock_timestamp() - make_interval(secs => $1::float8)`, forgotten.Seconds())
	return err
}
