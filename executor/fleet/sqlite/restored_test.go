package sqlite_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/fleet/turns"
	"github.com/domainsync/domainsync/internal/clock"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, dir string) *sqlite.Table {
	t.Helper()
	table, err := sqlite.Serve(t.Context(), dir, clock.Clock{})
	check(t, err)
	return table
}

// run has the job run that somebody asks for.
func run(t *testing.T, table *sqlite.Table) *fleet.Turn {
	t.Helper()
	check(t, table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "a"}))
	turn, _, err := table.Take(t.Context(), fleet.Claim{Holder: "machine", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
	check(t, err)
	if turn == nil {
		t.Fatal("the job is not due")
	}
	check(t, table.End(t.Context(), turn, fleet.Outcome{}, time.Time{}))
	return turn
}

func restores(t *testing.T, table *sqlite.Table) []fleet.Act {
	t.Helper()
	acts, err := table.Acts(t.Context(), fleet.ActQuery{Deed: fleet.DeedRestore})
	check(t, err)
	return acts
}

// TestFleetIsPutBack saves a table while it is served, and puts it back: by Restore, and
// as a file that somebody copies. No number is given twice.
func TestFleetIsPutBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table := serve(t, dir)
	check(t, table.Declare(t.Context(), "me", []fleet.Declaration{{Name: "a", Account: "1"}}))
	check(t, table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedPause, Job: "a", Detail: "why"}))
	run(t, table)
	session := fleet.Session{ID: sha256.Sum256([]byte("ada")), Person: "ada", Began: time.Now(), Until: time.Now().Add(time.Hour)}
	check(t, table.BeginSession(t.Context(), session))
	looks, err := sqlite.Open(t.Context(), dir, clock.Clock{})
	check(t, err)
	var backup bytes.Buffer
	check(t, looks.BackUp(t.Context(), &backup))
	closes(t, looks)
	forgotten := run(t, table)
	closes(t, table)
	table = serve(t, dir)
	if all := restores(t, table); len(all) != 0 {
		t.Errorf("nothing was put back: %+v", all)
	}
	closes(t, table)
	for how, restore := range map[string]func(dir string){
		"restored": func(dir string) {
			check(t, sqlite.Restore(t.Context(), dir, bytes.NewReader(backup.Bytes()), clock.Clock{}))
		},
		"copied": func(dir string) { check(t, os.WriteFile(filepath.Join(dir, "fleet.db"), backup.Bytes(), 0o600)) },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			restore(dir)
			table := serve(t, dir)
			defer func() { closes(t, table) }()
			if all := restores(t, table); len(all) != 1 || !strings.Contains(all[0].Detail, "are not known here") {
				t.Errorf("acts are %+v", all)
			}
			if s, err := table.Session(t.Context(), session.ID); err != nil || s != nil {
				t.Errorf("a session that may have ended is known: %+v, %v", s, err)
			}
			if all, err := table.Jobs(t.Context()); err != nil || len(all) != 1 || all[0].Paused == nil {
				t.Errorf("jobs are %+v, %v", all, err)
			}
			if turn := run(t, table); turn.Run <= turns.Step || turn.Run <= forgotten.Run || turn.Fence <= forgotten.Fence {
				t.Errorf("the turn is %+v, and before that %+v", turn, forgotten)
			}
			closes(t, table)
			table = serve(t, dir)
			if all := restores(t, table); len(all) != 1 {
				t.Errorf("it is said twice: %+v", all)
			}
		})
	}
}

// TestWhatIsNotRestored: nothing takes the place of a fleet, and nothing but a backup
// becomes one.
func TestWhatIsNotRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table := serve(t, dir)
	var backup bytes.Buffer
	check(t, table.BackUp(t.Context(), &backup))
	if _, served := errors.AsType[*sqlite.ServedError](sqlite.Restore(t.Context(), dir, &backup, clock.Clock{})); !served {
		t.Error("a fleet was put back beneath the process that serves it")
	}
	closes(t, table)
	if _, there := errors.AsType[*sqlite.NotEmptyError](sqlite.Restore(t.Context(), dir, bytes.NewReader(backup.Bytes()), clock.Clock{})); !there {
		t.Error("a fleet was put in the place of another one")
	}
	for name, text := range map[string]string{"nothing": "", "a text": strings.Repeat("no database\n", 20), "a half": backup.String()[:backup.Len()/2]} {
		empty := t.TempDir()
		if err := sqlite.Restore(t.Context(), empty, strings.NewReader(text), clock.Clock{}); err == nil {
			t.Errorf("%s was put back", name)
		}
		if left, err := filepath.Glob(filepath.Join(empty, "fleet.db*")); err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", name, left, err)
		}
	}
}
