// Package sqlite keeps a journal in a directory: a database of SQLite, and a
// lock that the operating system holds for one process.
//
// A directory belongs to one account at one endpoint, so its records need not
// say which.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gofrs/flock"
	"modernc.org/sqlite" // it is the database/sql driver as well
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Store is the [store.Store] of a directory.
type Store struct {
	db       *sql.DB
	path     string
	lock     *flock.Flock
	readOnly bool
	closing  context.Context // of a writer's last words: it does not end when the run is interrupted

	mu    sync.Mutex
	open  bool  // the file is marked as not complete without its -wal
	fence int64 // 0: nothing was written yet
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a directory and makes both where they are missing. To
// write, it holds the directory's lock until Close; a [*store.LockedError] says
// that another run does.
func Open(ctx context.Context, dir string, o store.Options) (store.Store, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return openReader(ctx, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	l, err := lock(ctx, dir, o.Clock, o.LockTimeout)
	if err != nil {
		return nil, err
	}
	s := &Store{path: filepath.Join(dir, fileName), lock: l, closing: context.WithoutCancel(ctx)}
	if err := s.openWriter(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, records []store.Record) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		last, err := s.advance(ctx, tx, len(records))
		if err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, `INSERT INTO records (number, fence, run, batch, kind, key, at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer insert.Close() //nolint:errcheck // the transaction ends it, too
		first := last - int64(len(records)) + 1
		for i := range records {
			r := &records[i]
			if _, err := insert.ExecContext(ctx, first+int64(i), s.fence, r.Run, r.Batch, r.Kind, r.Key, r.At, readable(r.Data)); err != nil {
				return err
			}
		}
		return nil
	})
}

// readable returns data as a text where it is one, which other programs show as
// such.
func readable(data []byte) any {
	if text := string(data); utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	return data
}

// advance takes the next numbers and returns the last of them. It refuses a
// writer whose turn is over: the lock of a directory does not hold everywhere,
// and a directory can be put back from a backup beneath a run.
func (s *Store) advance(ctx context.Context, tx *sql.Tx, n int) (last int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE lease SET last = last + ? WHERE fence = ? RETURNING last`, n, s.fence).Scan(&last)
	if !errors.Is(err, sql.ErrNoRows) {
		return last, err
	}
	lost := &store.FencedError{Where: filepath.Dir(s.path), Mine: s.fence}
	if err := tx.QueryRowContext(ctx, `SELECT fence FROM lease`).Scan(&lost.Now); err != nil {
		return 0, err
	}
	return 0, lost
}

// Remove implements [store.Store].
func (s *Store) Remove(ctx context.Context, runs, numbers []int64) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := s.advance(ctx, tx, 0); err != nil {
			return err
		}
		for column, values := range map[string][]int64{"run": runs, "number": numbers} {
			list, err := json.Marshal(values)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM records WHERE `+column+` IN (SELECT value FROM json_each(?))`, string(list)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.giveRoom(ctx)
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, records []store.Record) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := s.advance(ctx, tx, 0); err != nil {
			return err
		}
		for i := range records {
			r := &records[i]
			if _, err := tx.ExecContext(ctx, `UPDATE records SET kind = ?, data = ? WHERE number = ?`, r.Kind, append([]byte{}, r.Data...), r.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.giveRoom(ctx)
}

// giveRoom leaves nothing of what was taken away: the file is written anew, and the
// log of its changes emptied. Whoever reads meanwhile keeps a part of the log.
func (s *Store) giveRoom(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("%w: %w", store.ErrRoomKept, err)
	}
	var busy, pages, written int
	err := s.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &written)
	if err == nil && busy != 0 {
		err = errors.New("another process reads the journal")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrRoomKept, err)
	}
	return nil
}

// write makes one durable write.
func (s *Store) write(ctx context.Context, f func(*sql.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readOnly {
		return store.ErrReadOnly
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing after a commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// takeTurn gives the writer its number, once, before its first write: one that
// records nothing leaves the file as it is.
func (s *Store) takeTurn(ctx context.Context) error {
	if s.fence != 0 {
		return nil
	}
	return s.db.QueryRowContext(ctx, `UPDATE lease SET fence = fence + 1 RETURNING fence`).Scan(&s.fence)
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	query, args := selection(q)
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return s.unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r store.Record
		if err := rows.Scan(&r.Number, &r.Fence, &r.Run, &r.Batch, &r.Kind, &r.Key, &r.At, &r.Data); err != nil {
			return s.unreadable(err)
		}
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
func selection(q store.Query) (query string, args []any) {
	conditions := []string{"at >= ?"}
	args = append(args, q.Since)
	in := func(column string, values []string) {
		if values == nil {
			return
		}
		conditions = append(conditions, column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+")")
		for _, v := range values {
			args = append(args, v)
		}
	}
	in("kind", q.Kinds)
	in("key", q.Keys)
	if q.Keys != nil && !slices.Contains(q.Keys, "") {
		conditions = append(conditions, "key <> ''")
	}
	if q.Run != 0 {
		conditions = append(conditions, "run = ?", "run <> 0")
		args = append(args, q.Run)
	}
	if q.Batches != nil {
		list, _ := json.Marshal(q.Batches) // numbers alone: it cannot fail
		conditions = append(conditions, "batch IN (SELECT value FROM json_each(?))")
		if !slices.Contains(q.Batches, 0) {
			conditions = append(conditions, "batch <> 0")
		}
		args = append(args, string(list))
	}
	order := " ORDER BY number"
	if q.Last {
		order += " DESC LIMIT 1"
	}
	return `SELECT number, fence, run, batch, kind, key, at, data FROM records WHERE ` + strings.Join(conditions, " AND ") + order, args
}

// Held implements [store.Store]: the operating system holds the lock for as long
// as the process lives.
func (s *Store) Held(context.Context) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	return nil
}

// Incarnation implements [store.Store]: a file that was put back has another
// number in its file system. One that was written over in its place, or came back
// with its whole disk, cannot be told.
func (s *Store) Incarnation(context.Context) (string, error) {
	name, err := store.PlaceOf(s.path)
	if err != nil {
		return "", fmt.Errorf("the journal %s: %w", s.path, err)
	}
	return name, nil
}

// unreadable says of an error of a query which file it is about.
func (s *Store) unreadable(err error) error {
	damage, ok := errors.AsType[*sqlite.Error](err)
	if ok && (damage.Code()&0xff == sqlite3.SQLITE_CORRUPT || damage.Code()&0xff == sqlite3.SQLITE_NOTADB) {
		return &FileError{Path: s.path, What: "is damaged", Err: err}
	}
	return fmt.Errorf("the journal %s cannot be read: %w", s.path, err)
}

// Close implements [store.Store]: it closes the database and gives the lock back.
func (s *Store) Close() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.end())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
