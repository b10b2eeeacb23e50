package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// aged makes a journal with runs that ended so many days ago.
func aged(t *testing.T, days ...int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j, err := journal.Open(t.Context(), dir, journal.Options{})
	for i := 0; i < len(days) && err == nil; i++ {
		end := time.Now().AddDate(0, 0, -days[i])
		var l *journal.Ledger
		if l, err = j.Begin(t.Context(), journal.Run{Kind: journal.Apply, Began: end}); err == nil {
			err = l.Mark(t.Context(), journal.Mark{Name: journal.Ended, At: end})
		}
	}
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRunsPrune(t *testing.T) {
	t.Parallel()
	dir := aged(t, 800, 500, 366, 1)
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"", exitError, "This forgets 2 runs that ended before "},
		{"--before 30d --yes", exitError, "what runs did is needed for a year and a week"},
		{"--before soon --yes", exitError, `"soon" is no time`},
		{"--before 600d --yes", exitDone, "1 run forgotten. The journal took 0.0 MB, and takes 0.0 MB now."},
		{"--yes", exitDone, "1 run forgotten."},
		{"--yes", exitDone, "there is nothing to forget"},
		{"--yes --state-dir " + t.TempDir(), exitDone, "there is nothing to forget"},
	} {
		var out bytes.Buffer
		args := append([]string{"runs", "prune", "--state-dir", dir}, strings.Fields(test.args)...)
		if code := run(args, strings.NewReader(""), &out, &out); code != test.code || !strings.Contains(out.String(), test.want) {
			t.Errorf("runs prune %s: exit code %d, want %d\n%swant %s", test.args, code, test.code, out.String(), test.want)
		}
	}
	var out bytes.Buffer
	if run([]string{"runs", "list", "--state-dir", dir}, strings.NewReader(""), &out, &out); strings.Count(out.String(), "\n") != 3 {
		t.Errorf("left:\n%s", out.String())
	}
}

// TestRunsPruneForgetsPauses: what was paused long ago goes with what is pruned, also
// where no run goes.
func TestRunsPruneForgetsPauses(t *testing.T) {
	t.Parallel()
	dir := aged(t, 1)
	j, err := journal.Open(t.Context(), dir, journal.Options{})
	for range 3 { // the last one stays
		if err == nil {
			long := time.Now().AddDate(-3, 0, 0)
			_, err = j.Pause(t.Context(), journal.Pause{Patterns: []string{"example.com"}, Until: long.Add(time.Hour), By: "ada", At: long})
		}
	}
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 runs, and 2 entries of pauses and approvals forgotten.", "there is nothing to forget"} {
		var out bytes.Buffer
		if code := run([]string{"runs", "prune", "--state-dir", dir, "--yes"}, strings.NewReader(""), &out, &out); code != exitDone || !strings.Contains(out.String(), want) {
			t.Errorf("exit code %d\n%swant %s", code, out.String(), want)
		}
	}
}

// TestRunsPruneLeavesAHeldJournal: another run is at work.
func TestRunsPruneLeavesAHeldJournal(t *testing.T) {
	t.Parallel()
	dir := aged(t, 800, 1)
	j, err := journal.Open(t.Context(), dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // it was only read
	var out bytes.Buffer
	if code := run([]string{"runs", "prune", "--state-dir", dir, "--yes"}, strings.NewReader(""), &out, &out); code != exitHeld {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}
