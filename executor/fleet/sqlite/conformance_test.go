package sqlite_test

import (
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/fleettest"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/clock"
)

func TestTableConforms(t *testing.T) {
	t.Parallel()
	fleettest.Run(t, place)
}

// place makes a directory for the table of a test.
func place(t *testing.T) fleettest.Open {
	dir := filepath.Join(t.TempDir(), "state")
	return func(t *testing.T, c clock.Clock) fleet.Table {
		table, err := sqlite.Create(t.Context(), dir, c)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "below", "state")
	table, err := sqlite.Serve(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, table)
	if err := table.Declare(t.Context(), "me", []fleet.Declaration{{Name: "a"}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 3 {
		t.Fatalf("files are %v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestOneProcessServes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := sqlite.Serve(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Serve(t.Context(), dir, clock.Clock{})
	if e, ok := errors.AsType[*sqlite.ServedError](err); !ok || !strings.Contains(e.Error(), "process ") {
		t.Errorf("the second: %v", err)
	}
	looks, err := sqlite.Open(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, looks)
	closes(t, first)
	second, err := sqlite.Serve(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, second)
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := sqlite.Open(t.Context(), t.TempDir(), clock.Clock{}); err == nil || !strings.Contains(err.Error(), "domainsync serve begins one") {
		t.Errorf("an empty directory: %v", err)
	}
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"a text": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("no database\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is not a database"},
		"an empty file": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is empty, and no process leaves it so"},
		"another program's": {func(t *testing.T, path string) { execute(t, path, "CREATE TABLE x (y); PRAGMA application_id = 7") }, "another program"},
		"a version to come": {func(t *testing.T, path string) {
			table, err := sqlite.Create(t.Context(), filepath.Dir(path), clock.Clock{})
			if err != nil {
				t.Fatal(err)
			}
			closes(t, table)
			execute(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
		}, "newer domainsync (version 99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "fleet.db")
			test.spoil(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sqlite.Create(t.Context(), dir, clock.Clock{}); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

// closes closes what a test has opened.
func closes(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func execute(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, db)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsForgottenIsGone: freed room is overwritten, since what was told of a run can
// name persons.
func TestWhatIsForgottenIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table, err := sqlite.Create(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedServe, Detail: "forget-this-reason"}); err != nil {
		t.Fatal(err)
	}
	if err := table.Forget(t.Context(), fleet.Cutoffs{Acts: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	closes(t, table)
	for _, name := range []string{"fleet.db", "fleet.db-wal"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil && strings.Contains(string(data), "forget-this-reason") {
			t.Errorf("%s still has it", name)
		}
	}
}

// TestAFleetIsMadeAsAWhole: a process that died while it made one stops no other, and a log
// that is left without its file is no new fleet.
func TestAFleetIsMadeAsAWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.db")
	for _, left := range []string{path + ".new", path + ".new-wal"} {
		if err := os.WriteFile(left, []byte("SQLite"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table, err := sqlite.Serve(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, table)
	if left, err := filepath.Glob(path + ".new*"); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	if err := os.Rename(path, path+"-wal"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Serve(t.Context(), dir, clock.Clock{}); err == nil || !strings.Contains(err.Error(), "is missing, though "+path+"-wal is there") {
		t.Errorf("without its file: %v", err)
	}
}
