package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/domainsync/domainsync/executor/journal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

func (s *Store) openWriter(ctx context.Context) error {
	there, err := inspect(s.path)
	if err != nil {
		return err
	}
	if there {
		err = recognize(ctx, s.path)
	} else {
		err = create(ctx, s.path)
	}
	if err != nil {
		return err
	}
	if s.db, err = connectWriter(s.path); err != nil {
		return err
	}
	if err := migrate(ctx, s.db, s.path); err != nil {
		return err
	}
	var version int
	err = s.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
	s.open = version == inUse
	return unusable(s.path, err)
}

// recognize refuses a database that is no journal, or one of a newer program,
// before anything is written to it.
func recognize(ctx context.Context, path string) error {
	s, have, want, err := openAsItIs(ctx, path)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return unusable(path, err)
	}
	if have > want {
		return newer(path, have, want)
	}
	return nil
}

func connectWriter(path string) (*sql.DB, error) {
	return connect(path, url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(1)", "secure_delete(1)"},
		"_txlock": {"immediate"},
	})
}

// openReader opens what is there without writing; an empty store stands for one
// that is not there yet. One of an older version is brought up to date first.
func openReader(ctx context.Context, dir string) (store.Store, error) {
	path := filepath.Join(dir, fileName)
	there, err := inspect(path)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return store.Empty{}, nil
	}
	s, have, want, err := openAsItIs(ctx, path)
	switch {
	case err != nil:
		return nil, err
	case have == want:
		return s, nil
	}
	if err := s.Close(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if have > want {
		return nil, newer(path, have, want)
	}
	if err := upgrade(ctx, dir); err != nil {
		return nil, fmt.Errorf("the journal is of an older version and cannot be brought up to date: %w", err)
	}
	s, _, _, err = openAsItIs(ctx, path)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openAsItIs opens a journal for reading and tells its version, and that of the
// program.
func openAsItIs(ctx context.Context, path string) (s *Store, have, want int64, err error) {
	s = &Store{readOnly: true, path: path}
	if s.db, err = connect(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}); err != nil {
		return nil, 0, 0, err
	}
	if have, want, err = versions(ctx, s.db, path); err != nil {
		return nil, 0, 0, errors.Join(err, s.Close())
	}
	return s, have, want, nil
}

// upgrade brings a journal up to date that no run holds.
func upgrade(ctx context.Context, dir string) error {
	s, err := Open(ctx, dir, store.Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// connect opens a database with one connection: the journal has one writer.
func connect(path string, query url.Values) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(5, &goose.GoFunc{RunTx: convert}, nil)))
}

// migrate brings the schema to the version that this program writes.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	have, want, err := versions(ctx, db, path)
	switch {
	case err != nil:
		return err
	case have > want:
		return newer(path, have, want)
	case have == want:
		return nil
	}
	p, err := provider(db)
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, `VACUUM`) // the tables of before are gone
	}
	return unusable(path, err)
}

// ours says how many tables a database has, and whether they are a journal's.
const ours = `SELECT count(*),
	count(*) FILTER (WHERE name IN ('goose_db_version', 'records', 'lease')) = 3 OR
	count(*) FILTER (WHERE name IN ('goose_db_version', 'bindings', 'intents', 'submissions')) = 4
	FROM sqlite_master WHERE type = 'table'`

// versions returns the version of a journal's schema, 0 of one that has no table
// yet, and that of the program. It refuses tables of others.
func versions(ctx context.Context, db *sql.DB, path string) (have, want int64, err error) {
	p, err := provider(db)
	if err != nil {
		return 0, 0, unusable(path, err)
	}
	sources := p.ListSources()
	want = sources[len(sources)-1].Version
	var tables int
	var known bool
	err = db.QueryRowContext(ctx, ours).Scan(&tables, &known)
	switch {
	case err != nil:
		return 0, 0, unusable(path, err)
	case tables == 0:
		return 0, want, nil
	case !known:
		return 0, 0, &FileError{Path: path, What: "is the database of another program", Advice: "name another directory with --state-dir"}
	}
	if have, err = p.GetDBVersion(ctx); err != nil {
		return 0, 0, unusable(path, err)
	}
	return have, want, nil
}

func newer(path string, have, want int64) error {
	return fmt.Errorf("the journal %s was written by a newer domainsync (version %d, this program knows %d): use that one", path, have, want)
}

// unusable says of an error of the database which file it is about. Where the
// disk is full or the directory closed, the file is whole: then nothing must be
// put back.
func unusable(path string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return fmt.Errorf("the journal %s cannot be written: %w; it still holds what it held: give its disk room, then run again", path, err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("the journal %s cannot be written: %w; it still holds what it held: give this user the right to write it and its directory", path, err)
		}
	}
	return &FileError{Path: path, What: "cannot be used", Err: err}
}
