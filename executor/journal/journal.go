// Package journal is the durable record of what runs do to an account.
//
// It holds facts, each written once and never changed: a request is about to
// leave, a task was saved, a result came. Where a batch or a step stands is
// computed from them, by [Ledger] alone.
//
// A journal belongs to one account at one endpoint. A write that fails ends
// it: whoever cannot record what it does must not go on doing it.
package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // it is the database/sql driver as well
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/domainsync/domainsync/internal/clock"
)

// Options say how a journal is opened.
type Options struct {
	// LockTimeout is how long to wait for another run to end.
	LockTimeout time.Duration
	// Clock tells when something was recorded, and measures the wait for the lock;
	// the zero value is the system's.
	Clock clock.Clock
	// ReadOnly opens without the lock, beside a run, and also where there is
	// no journal yet; nothing can be written then.
	ReadOnly bool
	// Hook, where set, is called before and after each durable write. Its
	// error ends the journal as the death of the process would.
	Hook func(point string) error
}

// A Journal is the record of one account.
type Journal struct {
	db       *sql.DB
	path     string
	lock     *flock.Flock
	readOnly bool
	clock    clock.Clock
	hook     func(string) error
	closing  context.Context // of a writer's last words: it does not end when the run is interrupted

	mu   sync.Mutex
	open bool // the file is marked as not complete without its -wal
	dead error
}

// A WriteError says that the journal could not be written. Nothing more may be
// sent then.
type WriteError struct {
	What string
	Err  error
}

// Error names what could not be recorded.
func (e *WriteError) Error() string {
	return fmt.Sprintf("the journal cannot record %s: %v", e.What, e.Err)
}

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// A BindingError says that a journal belongs to another account or endpoint.
type BindingError struct {
	What       string // "account" or "endpoint"
	Have, Want string
}

// Error says whose state it is and what to do.
func (e *BindingError) Error() string {
	return fmt.Sprintf("the state belongs to the %s %s, not to %s; each account at each endpoint needs a state directory of its own, which --state-dir names", e.What, e.Have, e.Want)
}

// ErrReadOnly is the error of a write to a journal that was opened to be read.
var ErrReadOnly = errors.New("the journal is open for reading only")

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens the journal in a directory and makes both where they are missing.
// It holds the account's lock until Close; a [*LockedError] says that another
// run holds it.
func Open(ctx context.Context, dir string, o Options) (*Journal, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		j, err := openReader(ctx, dir)
		if err != nil {
			return nil, err
		}
		j.clock = o.Clock
		return j, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	l, err := lock(ctx, dir, o.Clock, o.LockTimeout)
	if err != nil {
		return nil, err
	}
	j := &Journal{path: filepath.Join(dir, fileName), lock: l, clock: o.Clock, hook: o.Hook, closing: context.WithoutCancel(ctx)}
	if err := j.openWriter(ctx); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

func (j *Journal) openWriter(ctx context.Context) error {
	there, err := inspect(j.path)
	if err != nil {
		return err
	}
	if there {
		err = recognize(ctx, j.path)
	} else {
		err = create(ctx, j.path)
	}
	if err != nil {
		return err
	}
	if j.db, err = connectWriter(j.path); err != nil {
		return err
	}
	if err := migrate(ctx, j.db, j.path); err != nil {
		return err
	}
	var version int
	err = j.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
	j.open = version == inUse
	return unusable(j.path, err)
}

// recognize refuses a database that is no journal, or one of a newer program,
// before anything is written to it.
func recognize(ctx context.Context, path string) error {
	j, have, want, err := openAsItIs(ctx, path)
	if err != nil {
		return err
	}
	if err := j.Close(); err != nil {
		return unusable(path, err)
	}
	if have > want {
		return newer(path, have, want)
	}
	return nil
}

func connectWriter(path string) (*sql.DB, error) {
	return connect(path, url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	})
}

// openReader opens what is there without writing; an empty journal in memory
// stands for one that is not there yet. One of an older version is brought up
// to date first.
func openReader(ctx context.Context, dir string) (*Journal, error) {
	path := filepath.Join(dir, fileName)
	there, err := inspect(path)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return openEmpty(ctx)
	}
	j, have, want, err := openAsItIs(ctx, path)
	switch {
	case err != nil:
		return nil, err
	case have == want:
		return j, nil
	}
	if err := j.Close(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if have > want {
		return nil, newer(path, have, want)
	}
	if err := upgrade(ctx, dir); err != nil {
		return nil, fmt.Errorf("the journal is of an older version and cannot be brought up to date: %w", err)
	}
	j, _, _, err = openAsItIs(ctx, path)
	return j, err
}

// openAsItIs opens a journal for reading and tells its version, and that of the
// program.
func openAsItIs(ctx context.Context, path string) (j *Journal, have, want int64, err error) {
	j = &Journal{readOnly: true, path: path}
	if j.db, err = connect(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}); err != nil {
		return nil, 0, 0, err
	}
	if have, want, err = versions(ctx, j.db, path); err != nil {
		return nil, 0, 0, errors.Join(err, j.Close())
	}
	return j, have, want, nil
}

func openEmpty(ctx context.Context) (*Journal, error) {
	db, err := connect(":memory:", nil)
	if err != nil {
		return nil, err
	}
	j := &Journal{db: db, readOnly: true}
	if err := migrate(ctx, db, ""); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// upgrade brings a journal up to date that no run holds.
func upgrade(ctx context.Context, dir string) error {
	j, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	return j.Close()
}

// connect opens a database with one connection: the journal has one writer.
func connect(path string, query url.Values) (*sql.DB, error) {
	dsn := path
	if query != nil {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		dsn = (&url.URL{Scheme: "file", Path: abs, RawQuery: query.Encode()}).String()
	}
	db, err := sql.Open("sqlite", dsn)
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
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

// migrate brings the schema to the version that this program writes.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	have, want, err := versions(ctx, db, path)
	switch {
	case err != nil:
		return err
	case have > want:
		return newer(path, have, want)
	}
	p, err := provider(db)
	if err == nil {
		_, err = p.Up(ctx)
	}
	return unusable(path, err)
}

// versions returns the version of a journal's schema, 0 of one that has no table
// yet, and that of the program. It refuses tables of others.
func versions(ctx context.Context, db *sql.DB, path string) (have, want int64, err error) {
	p, err := provider(db)
	if err != nil {
		return 0, 0, unusable(path, err)
	}
	sources := p.ListSources()
	want = sources[len(sources)-1].Version
	var tables, ours int
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name IN ('goose_db_version', 'bindings', 'intents', 'submissions')) FROM sqlite_master WHERE type = 'table'`).
		Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, 0, unusable(path, err)
	case tables == 0:
		return 0, want, nil
	case ours < 4:
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

// unusable says of an error of the database which file it is about.
func unusable(path string, err error) error {
	if err == nil {
		return nil
	}
	return &FileError{Path: path, What: "cannot be used", Err: err}
}

// unreadable says of an error of a query which file it is about.
func (j *Journal) unreadable(err error) error {
	damage, ok := errors.AsType[*sqlite.Error](err)
	if ok && (damage.Code()&0xff == sqlite3.SQLITE_CORRUPT || damage.Code()&0xff == sqlite3.SQLITE_NOTADB) {
		return &FileError{Path: j.path, What: "is damaged", Err: err}
	}
	return fmt.Errorf("the journal %s cannot be read: %w", j.path, err)
}

// Close closes the database and gives the lock back.
func (j *Journal) Close() error {
	var errs []error
	if j.db != nil {
		errs = append(errs, j.end())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	return errors.Join(errs...)
}

// Now returns the time by the journal's clock.
func (j *Journal) Now() time.Time { return j.clock.Now() }

// Check says whether the journal belongs to the account at the endpoint: a
// [*BindingError] says that it does not. An empty account is one that nobody
// knows yet; it agrees with any, and so does a journal that was not used yet.
func (j *Journal) Check(ctx context.Context, endpoint, account string) error {
	haveEndpoint, haveAccount, err := j.Binding(ctx)
	switch {
	case err != nil:
		return err
	case haveEndpoint != "" && haveEndpoint != endpoint:
		return &BindingError{What: "endpoint", Have: haveEndpoint, Want: endpoint}
	case haveAccount != "" && account != "" && haveAccount != account:
		return &BindingError{What: "account", Have: haveAccount, Want: account}
	}
	return nil
}

// Bind is Check, and binds the journal to the account at its first use. It is
// for whoever has had an answer of the account: an endpoint that was mistyped
// owns no journal.
func (j *Journal) Bind(ctx context.Context, endpoint, account string) error {
	if err := j.Check(ctx, endpoint, account); err != nil {
		return err
	}
	haveEndpoint, haveAccount, err := j.Binding(ctx)
	if err != nil || haveEndpoint != "" && (account == "" || haveAccount != "") {
		return err
	}
	return j.write(ctx, "the account", func(add insert) error {
		_, err := add(`INSERT INTO bindings VALUES (?, ?, ?)`, endpoint, account, millis(j.Now()))
		return err
	})
}

// Binding returns the endpoint and account that the journal belongs to, empty
// where it was not used yet.
func (j *Journal) Binding(ctx context.Context) (endpoint, account string, err error) {
	err = j.db.QueryRowContext(ctx, `SELECT endpoint, account FROM bindings ORDER BY rowid DESC LIMIT 1`).Scan(&endpoint, &account)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", j.unreadable(err)
	}
	return endpoint, account, nil
}

// insert adds a row and returns its number.
type insert func(query string, args ...any) (int64, error)

// write makes one durable write. What has begun is finished, whatever happens
// to the context: it is a fact already. After an error the journal is dead.
func (j *Journal) write(ctx context.Context, what string, f func(insert) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead == nil {
		j.dead = j.writeAlive(context.WithoutCancel(ctx), what, f)
	}
	return j.dead
}

func (j *Journal) writeAlive(ctx context.Context, what string, f func(insert) error) error {
	if j.readOnly {
		return ErrReadOnly
	}
	if err := j.stop(what + ": before"); err != nil {
		return err
	}
	if err := j.commit(ctx, f); err != nil {
		return &WriteError{What: what, Err: err}
	}
	return j.stop(what + ": after")
}

func (j *Journal) stop(point string) error {
	if j.hook == nil {
		return nil
	}
	if err := j.hook(point); err != nil {
		return &WriteError{What: point, Err: err}
	}
	return nil
}

func (j *Journal) commit(ctx context.Context, f func(insert) error) error {
	if err := j.begin(ctx); err != nil {
		return err
	}
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing after a commit
	if err := f(inserter(ctx, tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// inserter returns the insert of a transaction, which prepares each query once.
func inserter(ctx context.Context, tx *sql.Tx) insert {
	prepared := make(map[string]*sql.Stmt)
	return func(query string, args ...any) (int64, error) {
		stmt := prepared[query]
		if stmt == nil {
			var err error
			if stmt, err = tx.PrepareContext(ctx, query); err != nil {
				return 0, err
			}
			prepared[query] = stmt
		}
		done, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return 0, err
		}
		return done.LastInsertId()
	}
}

// Dead returns the error that ended the journal, nil while it lives.
func (j *Journal) Dead() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dead
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
