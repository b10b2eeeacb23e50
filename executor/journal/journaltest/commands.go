package journaltest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

// testCommands: who began a run and how commands on it ended is there for every later
// process, among the runs and in the ledger alike, and goes with the run.
func testCommands(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	check(t, j.Bind(ctx, endpoint, account))
	ci := journal.Actor{By: "octo, run 7", Link: "https://ci.example/7"}
	var began []journal.Run
	for i := range 3 {
		r := journal.Run{
			Kind: journal.Apply, Began: noon.Add(time.Duration(i) * time.Minute), Plan: []byte("{}"), PlanID: string(rune('a' + i)),
			Command: "apply", Actor: ci, Follows: int64(i),
		}
		l := must[*journal.Ledger](t)(j.Begin(ctx, r))
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: r.Began}))
		began = append(began, l.Run)
	}
	commands := []journal.Command{
		{Run: 1, Name: "apply", Part: journal.PartBegan, Actor: ci, Ended: noon.Add(time.Hour), Seconds: 1.5, ExitCode: 5, Reason: "interrupted", Version: "v1"},
		{Run: 1, Name: "resume", Part: journal.PartResumed, Actor: journal.Actor{By: "ada@host\xff"}, Ended: noon.Add(2 * time.Hour), Work: []byte(`[{"part":"changes"}]`)},
		{Run: 3, Name: "apply", Part: journal.PartBegan, Ended: noon.Add(3 * time.Hour), ExitCode: 4},
	}
	check(t, j.RecordCommands(ctx, nil))
	check(t, j.RecordCommands(ctx, commands[:1]))
	check(t, j.RecordCommands(ctx, commands[1:]))
	check(t, j.Close())

	j = k.journal(t, place, journal.Options{})
	runs := must[[]journal.Run](t)(j.Runs(ctx))
	for i, want := range [][]journal.Command{commands[:2], nil, commands[2:]} {
		r := runs[i]
		if diff := cmp.Diff(want, r.Commands); diff != "" {
			t.Errorf("the commands of run %d: %s", r.ID, diff)
		}
		if r.Command != "apply" || r.Actor != ci || r.Follows != began[i].Follows {
			t.Errorf("run %d was begun by %q, %+v, and follows %d", r.ID, r.Command, r.Actor, r.Follows)
		}
		l := must[*journal.Ledger](t)(j.Ledger(ctx, r.ID))
		if diff := cmp.Diff(want, l.Commands); diff != "" {
			t.Errorf("the ledger of run %d: %s", r.ID, diff)
		}
	}
	must[journal.Pruned](t)(j.Prune(ctx, noon.Add(24*time.Hour)))
	check(t, j.Close())
	if n := k.counts(t, place)["command"]; n != 1 {
		t.Errorf("%d records of commands are left, of the last run", n)
	}
}
