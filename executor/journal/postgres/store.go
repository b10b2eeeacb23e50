package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// Store is the [store.Store] of an account in a database.
type Store struct {
	pool              *pgxpool.Pool
	where             string
	patience          time.Duration
	readOnly          bool
	endpoint, account string
	closing           context.Context // of the lease and of last words: it does not end when the run is interrupted

	writing sync.Mutex // held by the one write that is under way
	fence   int64
	last    int64 // the number of the last record that is durable

	holding store.Holding
}

var _ store.Store = (*Store)(nil)

// advance is the begin of each write: it takes the next numbers and renews the
// lease, if this process is the one that held the account last and nothing was
// written since that it does not know.
const advance = `WITH turn AS (
	UPDATE domainsync_accounts SET last = last + $5, ends = clock_timestamp() + make_interval(secs => $6)
	WHERE endpoint = $1 AND account = $2 AND fence = $3 AND last = $4 RETURNING fence
) `

// insert adds records by lists of their members. It returns how often it had its
// turn, which is once or never.
const insert = advance + `, added AS (
	INSERT INTO domainsync_records (endpoint, account, number, fence, run, batch, kind, key, at, data)
	SELECT $1, $2, $4 + r.n, turn.fence, r.run, r.batch, r.kind, r.key, r.at, r.data
	FROM turn, unnest($7::bigint[], $8::bigint[], $9::text[], $10::bytea[], $11::bigint[], $12::bytea[])
		WITH ORDINALITY AS r (run, batch, kind, key, at, data, n)
) SELECT count(*) FROM turn`

// remove takes records away. The last number tells whether it was done, so it
// takes one as well.
const remove = advance + `, gone AS (
	DELETE FROM domainsync_records USING turn
	WHERE endpoint = $1 AND account = $2 AND (run = ANY($7::bigint[]) AND run <> 0 OR number = ANY($8::bigint[]))
) SELECT count(*) FROM turn`

// replace puts others in the place of records, and takes a number as well.
const replace = advance + `, put AS (
	UPDATE domainsync_records AS old SET kind = r.kind, data = r.data
	FROM turn, unnest($7::bigint[], $8::text[], $9::bytea[]) AS r (number, kind, data)
	WHERE endpoint = $1 AND account = $2 AND old.number = r.number
) SELECT count(*) FROM turn`

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, records []store.Record) error {
	var runs, batches, ats []int64
	var kinds []string
	var keys, data [][]byte
	for i := range records {
		r := &records[i]
		runs, batches, ats = append(runs, r.Run), append(batches, r.Batch), append(ats, r.At)
		kinds, keys = append(kinds, r.Kind), append(keys, []byte(r.Key))
		data = append(data, append([]byte{}, r.Data...)) // never null
	}
	return s.write(ctx, int64(len(records)), insert, runs, batches, kinds, keys, ats, data)
}

// Remove implements [store.Store].
func (s *Store) Remove(ctx context.Context, runs, numbers []int64) error {
	return s.write(ctx, 1, remove, append([]int64{}, runs...), append([]int64{}, numbers...))
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, records []store.Record) error {
	numbers, kinds, data := []int64{}, []string{}, [][]byte{}
	for i := range records {
		r := &records[i]
		numbers, kinds, data = append(numbers, r.Number), append(kinds, r.Kind), append(data, append([]byte{}, r.Data...))
	}
	return s.write(ctx, 1, replace, numbers, kinds, data)
}

// patience is how long an answer of the database is waited for, and then how long
// it is asked what became of the write.
const patience = time.Minute

// writeTries is how often a write is made that certainly was not done, as when the
// database was started anew.
const writeTries = 5

// write makes one durable write that takes some numbers.
func (s *Store) write(ctx context.Context, numbers int64, statement string, args ...any) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	args = append([]any{s.endpoint, s.account, s.fence, s.last, numbers, s.holding.Lease.Seconds()}, args...)
	for try := 1; ; try++ {
		if err := s.holding.Lost(); err != nil {
			return err
		}
		asked := s.holding.Clock.Now()
		had, err := s.transact(ctx, statement, args)
		if err == nil && had == 0 {
			return s.refused(ctx)
		}
		if err != nil {
			done, unsure := s.wasDone(ctx, numbers)
			switch {
			case unsure != nil:
				return fmt.Errorf("%w (its write ended with: %w)", unsure, err)
			case !done && (try == writeTries || !pgsql.IsTransient(err)):
				return err
			case !done:
				continue
			}
		}
		s.last += numbers
		s.holding.Answered(asked)
		return nil
	}
}

// transact makes one transaction of a statement, in one round trip. Its answer is
// durable before it comes: the database may be set up otherwise, for what can be
// lost.
func (s *Store) transact(ctx context.Context, statement string, args []any) (had int, err error) {
	ctx, cancel := s.holding.Clock.WithTimeout(ctx, s.patience)
	defer cancel()
	var b pgx.Batch
	b.Queue(`BEGIN`)
	b.Queue(`SET LOCAL synchronous_commit = on`)
	b.Queue(statement, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&had) })
	b.Queue(`COMMIT`)
	err = s.pool.SendBatch(ctx, &b).Close()
	return had, err
}

// wasDone finds out whether a transaction was made whose answer did not come. The
// fence and the number are its own: nobody else can have taken them. It waits for
// a transaction that is still under way, which holds the row.
func (s *Store) wasDone(ctx context.Context, numbers int64) (done bool, err error) {
	ctx, cancel := s.holding.Clock.WithTimeout(ctx, s.patience)
	defer cancel()
	for {
		var fence, last int64
		err := s.pool.QueryRow(ctx, `SELECT fence, last FROM domainsync_accounts WHERE endpoint = $1 AND account = $2 FOR UPDATE`, s.endpoint, s.account).Scan(&fence, &last)
		switch {
		case err == nil && fence == s.fence && last == s.last+numbers:
			return true, nil
		case err == nil && fence == s.fence && last == s.last:
			return false, nil
		case err == nil, errors.Is(err, pgx.ErrNoRows):
			return false, s.refused(ctx)
		case !pgsql.IsTransient(err):
			return false, fmt.Errorf("whether it was recorded is not known: %w", err)
		}
		if ended := s.holding.Clock.Sleep(ctx, lockRetry); ended != nil {
			return false, fmt.Errorf("whether it was recorded is not known: %w", err)
		}
	}
}

// refused says why a write did not have its turn.
func (s *Store) refused(ctx context.Context) error {
	if err := s.fenced(ctx); err != nil {
		return err
	}
	return s.holding.Lose(fmt.Errorf("%s is not what it was: its last record is another one than this run wrote, as after it was put back from a backup or a replica took its place", s.where))
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	query, args := s.selection(q)
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return s.unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r store.Record
		var key []byte
		if err := rows.Scan(&r.Number, &r.Fence, &r.Run, &r.Batch, &r.Kind, &key, &r.At, &r.Data); err != nil {
			return s.unreadable(err)
		}
		r.Key = string(key)
		if err := each(&r); err != nil {
			return s.unreadable(err)
		}
	}
	if err := rows.Err(); err != nil {
		return s.unreadable(err)
	}
	return nil
}

// selection writes a query as SQL. A condition that an index has as well is
// written out, so that the index is used.
func (s *Store) selection(q store.Query) (query string, args []any) {
	args = []any{s.endpoint, s.account, q.Since}
	conditions := []string{"endpoint = $1", "account = $2", "at >= $3"}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if q.Kinds != nil {
		add("kind = ANY($%d::text[])", q.Kinds)
	}
	if q.Keys != nil {
		keys := make([][]byte, len(q.Keys))
		for i, k := range q.Keys {
			keys[i] = []byte(k)
		}
		add("key = ANY($%d::bytea[])", keys)
		if !slices.Contains(q.Keys, "") {
			conditions = append(conditions, "key <> ''")
		}
	}
	if q.Run != 0 {
		add("run = $%d AND run <> 0", q.Run)
	}
	if q.Batches != nil {
		add("batch = ANY($%d::bigint[])", q.Batches)
		if !slices.Contains(q.Batches, 0) {
			conditions = append(conditions, "batch <> 0")
		}
	}
	order := " ORDER BY number"
	if q.Last {
		order += " DESC LIMIT 1"
	}
	return `SELECT number, fence, run, batch, kind, key, at, data FROM domainsync_records WHERE ` + strings.Join(conditions, " AND ") + order, args
}

// unreadable says of an error which state it is about.
func (s *Store) unreadable(err error) error {
	return fmt.Errorf("the journal in %s cannot be read: %w", s.where, err)
}
