// Package sqlite keeps the table of a fleet's jobs in a file, for one process that runs
// them and others that look and ask.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// fileName is the table in its directory.
const fileName = "fleet.db"

// lockName is what the process locks that runs the jobs.
const lockName = "fleet.lock"

// applicationID tells the file from those of other programs, and from a journal
// (https://sqlite.org/fileformat.html, 1.3).
const applicationID = 0x646f6d66 // "domf"

// A ServedError says that another process runs the jobs of a fleet.
type ServedError struct{ Dir, Holder string }

// Error says who does.
func (e *ServedError) Error() string {
	return fmt.Sprintf("the fleet in %s is served already, by %s: a state in a directory has one process that runs its jobs", e.Dir, cmp.Or(e.Holder, "another process"))
}

// Serve is [Create] for the process that runs the jobs. Where there is one, that is a
// [*ServedError].
func Serve(ctx context.Context, dir string, c clock.Clock) (*Table, error) {
	l, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	t, err := Create(ctx, dir, c)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	t.lock = l
	if err = os.WriteFile(filepath.Join(dir, lockName), fmt.Appendln(nil, store.HolderText(c.Now())), 0o600); err == nil {
		err = t.settle(ctx, false)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// lockDir takes the lock of the process that runs the jobs of a directory, which is made
// where it is missing.
func lockDir(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the state of the fleet: %w", err)
	}
	path := filepath.Join(dir, lockName)
	l := flock.New(path, flock.SetPermissions(0o600))
	switch ok, err := l.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("the state of the fleet: %s: %w", path, err)
	case !ok:
		holder, _ := os.ReadFile(path) // it is told for people alone
		return nil, &ServedError{dir, strings.TrimSpace(string(holder))}
	}
	return l, nil
}

// Create opens the table of a directory, and makes it where it is missing.
func Create(ctx context.Context, dir string, c clock.Clock) (*Table, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the state of the fleet: %w", err)
	}
	path := filepath.Join(dir, fileName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(ctx, path, c); err != nil {
			return nil, err
		}
	}
	return open(ctx, path, c)
}

// create makes the file beside its place and puts it there as a whole: a process that dies
// meanwhile leaves none, rather than an empty one, which looks like a fleet that was lost.
func create(ctx context.Context, path string, c clock.Clock) error {
	if _, err := os.Lstat(path + "-wal"); err == nil {
		return fmt.Errorf("the fleet %s is missing, though %s-wal is there: put the file back that belongs to it; or, to begin a fleet that knows nothing of runs, pauses and acts, move away all files whose names begin with %s", path, path, fileName)
	}
	fresh := path + ".new"
	for _, left := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the state of the fleet: %w", err)
		}
	}
	// SQLite gives its other files the mode of the first.
	f, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	t, err := connect(ctx, fresh, c)
	if err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// Open opens the table of a directory. Where there is none, that is a [*fleet.NoTableError].
func Open(ctx context.Context, dir string, c clock.Clock) (*Table, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &fleet.NoTableError{Where: dir}
	}
	return open(ctx, path, c)
}

func open(ctx context.Context, path string, c clock.Clock) (*Table, error) {
	if err := recognize(path); err != nil {
		return nil, err
	}
	return connect(ctx, path, c)
}

// connect opens a file that is a table, or empty, and brings it to the version of the
// program.
func connect(ctx context.Context, path string, c clock.Clock) (*Table, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("the fleet %s: %w", path, err)
	}
	query := url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "secure_delete(ON)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("the fleet %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Table{db: db, path: path, clock: c}, nil
}

// recognize refuses the file of another program, and one that has lost what it had.
func recognize(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var head [100]byte
	switch n, err := io.ReadFull(f, head[:]); {
	case n == 0:
		return fmt.Errorf("the fleet %s is empty, and no process leaves it so, but a full disk or a restore that did not end: move it away and put the fleet back from a backup with domainsync jobs restore; without one, serve begins a fleet that knows nothing of runs, pauses and acts once the file is away", path)
	case err != nil || string(head[:16]) != "SQLite format 3\x00":
		return fmt.Errorf("the fleet %s is not a database: put it back from a backup", path)
	}
	if id := binary.BigEndian.Uint32(head[68:]); id != 0 && id != applicationID {
		return fmt.Errorf("the fleet %s is the database of another program: name another directory with --state", path)
	}
	return nil
}

// migrate brings the schema to the version of this program. It refuses one of a program
// to come.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("the fleet %s: %w", path, err)
	}
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table'`).Scan(&tables); err != nil {
		return unusable(path, err)
	}
	sources := p.ListSources()
	if want := sources[len(sources)-1].Version; tables > 0 {
		have, err := p.GetDBVersion(ctx)
		if err != nil {
			return unusable(path, err)
		} else if have > want {
			return fmt.Errorf("the fleet %s was written by a newer domainsync (version %d, this program knows %d): use that one", path, have, want)
		} else if have == want {
			return nil
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("the tables of the fleet %s cannot be made: %w", path, err)
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}

// unusable says of an error of the database which file it is about. Who may not write
// cannot read either: readers of a database that is in use lock it by files beside it.
func unusable(path string, err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("the fleet %s cannot be used by this user: %w; act as the user that domainsync serve runs as, or ask it by --server", path, err)
		}
	}
	return fmt.Errorf("the fleet %s cannot be used: %w", path, err)
}
