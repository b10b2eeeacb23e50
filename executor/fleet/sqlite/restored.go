package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

// BackUp writes the file as it is at one moment, whatever is written meanwhile.
func (t *Table) BackUp(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(t.path), ".backup-") // for its owner alone, as the file is
	if err != nil {
		return t.failed(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, fileName)
	if _, err := t.db.ExecContext(ctx, `VACUUM INTO ?`, copied); err != nil {
		return t.failed(err)
	}
	f, err := os.Open(copied)
	if err != nil {
		return t.failed(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(w, f)
	return err
}

// A NotEmptyError says that a directory has a fleet already.
type NotEmptyError struct{ Path string }

// Error says what to do.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("%s is there: a fleet is put back where there is none, so move the files of the former one away, with all whose names begin with %s", e.Path, fileName)
}

// Restore makes the table of a directory from a backup. Nobody may serve it, and there
// may be none.
func Restore(ctx context.Context, dir string, backup io.Reader, c clock.Clock) (err error) {
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	path := filepath.Join(dir, fileName)
	for _, left := range []string{path, path + "-wal", path + "-shm"} { // what is left of another file would spoil this one
		if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, &NotEmptyError{left})
		}
	}
	work, err := os.MkdirTemp(dir, ".restore-")
	if err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	made := filepath.Join(work, fileName)
	if err := writeWhole(made, backup); err != nil {
		return err
	}
	if err := adopt(ctx, made, c); err != nil {
		return err
	}
	if err := os.Rename(made, path); err != nil {
		return fmt.Errorf("the state of the fleet: %w", err)
	}
	return syncDir(dir)
}

// writeWhole writes a file.
func writeWhole(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, from)
	if err == nil && n == 0 {
		err = errors.New("the backup is empty")
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir has the names of a directory's files survive a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(ignoreUnsupported(d.Sync()), d.Close())
}

// ignoreUnsupported passes on errors but that of systems on which directories have nothing
// to be written.
func ignoreUnsupported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// adopt checks a backup, and goes on with it as with a table that was put back.
func adopt(ctx context.Context, path string, c clock.Clock) error {
	t, err := open(ctx, path, c)
	if err != nil {
		return err
	}
	var said string
	err = t.db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said)
	if err == nil && said != "ok" {
		err = fmt.Errorf("the backup is damaged: %s", said)
	}
	if err == nil {
		err = t.settle(ctx, true)
	}
	return errors.Join(err, t.Close())
}

// settle finds out whether the file lies where it lay when it was served last. What has
// been put back from a backup gives no number twice: it counts on at the next step.
// Sessions end, as some may have ended before. Restored says that it was put back.
func (t *Table) settle(ctx context.Context, restored bool) error {
	now, err := store.PlaceOf(t.path)
	if err != nil {
		return t.failed(err)
	}
	return t.write(ctx, func(tx *sql.Tx, at time.Time) error {
		var was string
		err := tx.QueryRowContext(ctx, `SELECT incarnation FROM place`).Scan(&was)
		if err != nil || was == now && !restored {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE place SET incarnation = ?`, now); err != nil || !restored && (was == "" || now == "") {
			return err
		}
		return goOn(ctx, tx, at)
	})
}

// goOn goes on with a table that was put back.
func goOn(ctx context.Context, tx *sql.Tx, at time.Time) error {
	var until sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT max(at) FROM acts`).Scan(&until); err != nil {
		return err
	}
	for _, statement := range []string{
		`INSERT INTO sqlite_sequence (name, seq) SELECT n.name, 0 FROM (SELECT 'runs' AS name UNION SELECT 'acts') n WHERE n.name NOT IN (SELECT name FROM sqlite_sequence)`,
		`UPDATE sqlite_sequence SET seq = (seq / ?1 + 1) * ?1 WHERE name IN ('runs', 'acts')`,
		`UPDATE jobs SET fence = fence + ?1 WHERE run IS NULL`,
		`DELETE FROM sessions WHERE ?1 > 0`,
	} {
		if _, err := tx.ExecContext(ctx, statement, turns.Step); err != nil {
			return err
		}
	}
	_, err := note(ctx, tx, at, fleet.Act{By: store.HolderText(at), Deed: fleet.DeedRestore, Detail: turns.Restored(timeOf(until))})
	return err
}
