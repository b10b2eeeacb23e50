package job_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// delegating returns files that delegate names to a nameserver.
func delegating(server string, names ...string) string {
	var files strings.Builder
	files.WriteString("guard {\n  max_change_percent = 100\n}\n")
	for _, name := range names {
		fmt.Fprintf(&files, "domain %q {\n  nameservers = [%q]\n}\n", name, server)
	}
	return files.String()
}

// undoes takes back a run, and fails the test where that ends with an error.
func (w *world) undoes(o job.UndoOptions) *job.Result {
	w.t.Helper()
	o.Forced = true
	r, err := w.job.Undo(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// inState keeps the journal of a world in a directory, which is returned.
func (w *world) inState() string {
	state := w.t.TempDir()
	w.job.Journal = job.InState(state, journal.Options{Now: time.Now})
	return state
}

// TestUndoBringsBackNameservers: what an apply has changed is as before after its undo;
// the next night does not make it again, and an apply of files that agree ends the hold.
func TestUndoBringsBackNameservers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"a.com", "b.com"}
		w := newWorld(t, delegating("ns1.example.org", names...), simulator.Options{}, names...)
		state := w.inState()
		before := observed(w)
		w.apply(job.ApplyOptions{})
		wrong := told(t, state, history.Filter{})[0]
		r := w.undoes(job.UndoOptions{Run: wrong.ID})
		if diff := cmp.Diff(before, observed(w)); diff != "" {
			t.Fatalf("it is not as before: %s\n%+v", diff, r.Plan)
		}
		if undo := told(t, state, history.Filter{})[0]; undo.Kind != "undo" || undo.Undoes != wrong.ID {
			t.Errorf("the run of the undo is %+v", undo)
		}
		for night := range 3 {
			time.Sleep(24 * time.Hour)
			r = w.apply(job.ApplyOptions{})
			if diff := cmp.Diff(before, observed(w)); diff != "" {
				t.Fatalf("night %d makes it again: %s", night, diff)
			}
			if n := r.Plan.Count(attr.Held); n != len(names) {
				t.Errorf("night %d shows %d changes as held", night, n)
			}
			for c := range r.Plan.Differences() {
				if !strings.Contains(c.Reason, fmt.Sprintf("run %d was taken back", wrong.ID)) {
					t.Errorf("night %d shows %s as %s: %s", night, c.ID, c.Status, c.Reason)
				}
			}
		}
		w.job.Portfolio = load(t, delegating("ns0.example.net", names...))
		w.apply(job.ApplyOptions{})
		w.job.Portfolio = load(t, delegating("ns2.example.org", names...))
		w.apply(job.ApplyOptions{})
		if diff := cmp.Diff(before, observed(w)); diff == "" {
			t.Error("the hold has not ended, though the files agreed")
		}
	})
}

// TestUndoTakesBackWhatWasDone: of a run that was interrupted only what it did is taken
// back, and of what somebody else has changed since nothing, which is said. What the run
// has not changed stays as it is, and is still an edit of the files.
func TestUndoTakesBackWhatWasDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"a.com", "b.com", "c.com"}
		o := simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Names: []string{"c.com"}, Message: "The registry says no."}}}}
		w := newWorld(t, delegating("ns1.example.org", names...), o, names...)
		state := w.inState()
		before := observed(w)
		w.apply(job.ApplyOptions{})
		w.sim.Change("b.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.org"} })
		w.job.Portfolio = load(t, strings.ReplaceAll(delegating("ns1.example.org", names...), "]\n}", "]\n  transfer_lock = true\n}"))
		r := w.undoes(job.UndoOptions{Run: told(t, state, history.Filter{})[0].ID})
		if len(r.Stale) != 1 || r.Stale[0].ID != "b.com/nameservers" || !slices.Contains(r.Reasons, job.Failed) {
			t.Errorf("stale is %v, for %v", r.Stale, r.Reasons)
		}
		before["b.com nameservers"] = "ns9.example.org"
		if diff := cmp.Diff(before, observed(w)); diff != "" {
			t.Errorf("it is not as it should be: %s", diff)
		}
		if changes := told(t, state, history.Filter{})[0].Details.Changes; len(changes) != 1 || changes[0].ID != "a.com/nameservers" {
			t.Errorf("the undo has made %+v", changes)
		}
		p, err := w.job.Plan(t.Context(), job.PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for c := range p.Plan.Differences() {
			if c.Attribute == "transfer_lock" && c.Origin != attr.Edit {
				t.Errorf("%s is %q", c.ID, c.Origin)
			}
		}
	})
}

// TestUndoOfAnInterruptedRun: what was sent before is settled first, and taken back where
// it was made; what was not sent is never sent.
func TestUndoOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	for minutes := range 3 {
		synctest.Test(t, func(t *testing.T) {
			names := []string{"a.com", "b.com"}
			w := newWorld(t, delegating("ns1.example.org", names...), slow, names...)
			state := w.inState()
			before := observed(w)
			ctx, kill := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(minutes*6)*time.Minute+time.Second, kill)
			if r, err := w.job.Apply(ctx, job.ApplyOptions{}); err == nil && minutes < 2 && !r.Report.Interrupted {
				t.Fatalf("it was not interrupted: %+v", r.Report)
			}
			run := told(t, state, history.Filter{})[0].ID
			p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: run})
			if err != nil && minutes < 2 {
				t.Fatal(err)
			}
			if n := len(p.Plan.Undo.Left); n == 0 && minutes < 2 {
				t.Error("it says of nothing that nobody knows what became of it")
			}
			w.undoes(job.UndoOptions{Run: run})
			if diff := cmp.Diff(before, observed(w)); diff != "" {
				t.Errorf("it is not as before: %s", diff)
			}
		})
	}
}

// TestUndoOfAnUndo: it brings back what the first run had made, and no hold is left, for
// the files say the same.
func TestUndoOfAnUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegating("ns1.example.org", "a.com", "b.com"), simulator.Options{}, "a.com", "b.com")
		state := w.inState()
		w.apply(job.ApplyOptions{})
		made := observed(w)
		run := told(t, state, history.Filter{})[0].ID
		w.undoes(job.UndoOptions{Run: run})
		undo := told(t, state, history.Filter{})[0]
		w.undoes(job.UndoOptions{Run: undo.ID})
		if diff := cmp.Diff(made, observed(w)); diff != "" {
			t.Errorf("it is not as the run had made it: %s", diff)
		}
		if again := told(t, state, history.Filter{})[0]; undo.Undoes != run || again.Undoes != undo.ID {
			t.Errorf("the undos are of %d and %d", undo.Undoes, again.Undoes)
		}
		if held := pausesIn(t, state); len(held) > 0 {
			t.Errorf("it is still held: %+v", held)
		}
	})
}

// TestUndoHoldsTheRestOfAMove: a signed name moves in stages. Who takes back the run that
// made the first one is not surprised by a night that makes the next, until the files
// want no other DS records.
func TestUndoHoldsTheRestOfAMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const moved = "domain \"a.com\" {\n  nameservers = [\"ns1.example.org\"]\n  ds_records = [{ key_tag = %d, algorithm = 13, digest_type = 2, digest = %q }]\n}\n"
		w := newWorldOf(t, fmt.Sprintf(moved, 2, digests[1]), simulator.Options{Account: &snapshot.Account{Domains: []snapshot.Domain{{
			Name: "a.com", Nameservers: []string{"ns0.example.net"}, Expires: time.Now().AddDate(2, 0, 0), Hosts: []snapshot.Host{},
			DSRecords: []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: digests[0]}},
		}}}})
		state := w.inState()
		w.apply(job.ApplyOptions{})
		run := told(t, state, history.Filter{})[0].ID
		w.undoes(job.UndoOptions{Run: run})
		for night := range 5 {
			w.apply(job.ApplyOptions{})
			if ns := w.sim.State().Domains[0].Nameservers; !slices.Equal(ns, []string{"ns0.example.net"}) {
				t.Fatalf("in night %d the name moves to %s", night, ns)
			}
			time.Sleep(24 * time.Hour)
		}
		w.undoes(job.UndoOptions{Run: run})
		if r := w.sim.State().Domains[0].DSRecords; len(r) != 1 || r[0].KeyTag != 1 {
			t.Errorf("the DS records are %v", r)
		}
		w.job.Portfolio = load(t, fmt.Sprintf(moved, 1, digests[0]))
		w.apply(job.ApplyOptions{})
		if ns := w.sim.State().Domains[0].Nameservers; !slices.Equal(ns, []string{"ns1.example.org"}) {
			t.Errorf("the files agree on the DS records, and the name stays at %s", ns)
		}
	})
}

// TestUndoHoldsWhatSomebodyElseMended: a name that somebody mended by hand before the undo
// is not overwritten by it, nor by the nights that follow.
func TestUndoHoldsWhatSomebodyElseMended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegating("ns1.example.org", "a.com", "b.com"), simulator.Options{}, "a.com", "b.com")
		state := w.inState()
		w.apply(job.ApplyOptions{})
		w.sim.Change("b.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.org"} })
		w.undoes(job.UndoOptions{Run: told(t, state, history.Filter{})[0].ID})
		time.Sleep(24 * time.Hour)
		w.apply(job.ApplyOptions{})
		if got := observed(w); got["a.com nameservers"] != "ns0.example.net" || got["b.com nameservers"] != "ns9.example.org" {
			t.Errorf("after the night the account has %v", got)
		}
	})
}

// TestSavedUndos: a saved plan of an undo tells of what changed since then, and is
// refused where its hold would be over.
func TestSavedUndos(t *testing.T) {
	t.Parallel()
	for hours, refused := range map[int]bool{1: true, 48: false} {
		synctest.Test(t, func(t *testing.T) {
			names := []string{"a.com", "b.com", "c.com"}
			w := newWorld(t, delegating("ns1.example.org", names...), simulator.Options{}, names...)
			state := w.inState()
			w.apply(job.ApplyOptions{})
			run := told(t, state, history.Filter{})[0].ID
			p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: run, Forced: true, Until: time.Now().Add(time.Duration(hours) * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour)
			w.sim.Change("b.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.org"} })
			w.sim.Change("c.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns0.example.net"} })
			r, err := w.job.Apply(t.Context(), job.ApplyOptions{Saved: p.Plan, MaxAge: planner.MaxAge})
			if _, ended := errors.AsType[*job.EndedHoldError](err); ended != refused {
				t.Fatalf("after %d hours it ends with %v", hours, err)
			}
			if refused {
				return
			}
			if want := []string{"c.com/nameservers"}; !slices.Equal(r.Done, want) {
				t.Errorf("done already is %v, not %v", r.Done, want)
			}
			if len(r.Stale) != 1 || r.Stale[0].Domain != "b.com" || !strings.Contains(r.Stale[0].Reason, "changed since") {
				t.Errorf("stale is %+v", r.Stale)
			}
			if got := observed(w); got["a.com nameservers"] != "ns0.example.net" || got["b.com nameservers"] != "ns9.example.org" {
				t.Errorf("the account has %v", got)
			}
		})
	}
}

// TestForeignUndosAreRefused: a saved plan takes back what the state knows of the run, or
// nothing: neither other values, nor changes that the run did not make.
func TestForeignUndosAreRefused(t *testing.T) {
	t.Parallel()
	other := attr.NameserverSet{"ns6.example.org"}
	for title, edit := range map[string]func(u *planner.Undo){
		"another value before": func(u *planner.Undo) { u.Changes[0].Before = other },
		"another value after":  func(u *planner.Undo) { u.Changes[0].After = other },
		"another name":         func(u *planner.Undo) { u.Changes[0].Domain = "c.com" },
		"another run":          func(u *planner.Undo) { u.Run++ },
		"a change twice":       func(u *planner.Undo) { u.Changes = append(u.Changes, u.Changes[0]) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, delegating("ns1.example.org", "a.com", "b.com"), simulator.Options{}, "a.com", "b.com", "c.com")
			state := w.inState()
			w.apply(job.ApplyOptions{})
			made := observed(w)
			run := told(t, state, history.Filter{})[0].ID
			w.job.Portfolio = load(t, delegating("ns2.example.org", "b.com"))
			w.apply(job.ApplyOptions{Only: planner.SelectNames([]string{"a.com"})}) // the run that follows
			p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: run, Forced: true})
			if err != nil {
				t.Fatal(err)
			}
			edit(p.Plan.Undo)
			_, err = w.job.Apply(t.Context(), job.ApplyOptions{Saved: p.Plan, MaxAge: planner.MaxAge})
			if _, foreign := errors.AsType[*job.ForeignUndoError](err); !foreign {
				t.Errorf("%s: it ends with %v", title, err)
			}
			if diff := cmp.Diff(made, observed(w)); diff != "" {
				t.Errorf("%s: it has changed %s", title, diff)
			}
		})
	}
}

// TestInterruptedUndo: of an undo that dies after it has sent something, what it sent is
// settled by whoever comes next, resume or the next night, and never made again by the
// files.
func TestInterruptedUndo(t *testing.T) {
	t.Parallel()
	for title, next := range map[string]func(*job.Job, context.Context) (*job.Result, error){
		"resume": (*job.Job).Resume,
		"night":  func(j *job.Job, ctx context.Context) (*job.Result, error) { return j.Apply(ctx, job.ApplyOptions{}) },
	} {
		for _, after := range []time.Duration{time.Second, 7 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				names := []string{"a.com", "b.com"}
				w := newWorld(t, strings.ReplaceAll(delegating("ns1.example.org", names...), "]\n}", "]\n  transfer_lock = true\n}"), slow, names...)
				state := w.inState()
				before := observed(w)
				w.apply(job.ApplyOptions{})
				run := told(t, state, history.Filter{})[0].ID
				ctx, kill := context.WithCancel(t.Context())
				time.AfterFunc(after, kill)
				if r, err := w.job.Undo(ctx, job.UndoOptions{Run: run, Forced: true}); err == nil && !r.Report.Interrupted {
					t.Fatalf("%s after %s: it was not interrupted", title, after)
				}
				if _, err := next(w.job, t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					w.apply(job.ApplyOptions{})
					if diff := cmp.Diff(before, observed(w)); diff != "" {
						t.Errorf("%s after %s: it is not as before: %s", title, after, diff)
					}
					time.Sleep(24 * time.Hour)
				}
			})
		}
	}
}

// TestSavedUndosOnlyName: a saved plan that lists changes in another order, or fewer of
// them, takes back what it names by the records of the run, and holds that. One with a
// part of an attribute is refused: the rest of its elements would be lost.
func TestSavedUndosOnlyName(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		edit    func(u *planner.Undo)
		back    []string // names that come back
		foreign bool
	}{
		"backwards":      {func(u *planner.Undo) { slices.Reverse(u.Changes) }, []string{"a.com", "b.com"}, false},
		"one name":       {func(u *planner.Undo) { u.Changes = u.Changes[:3] }, []string{"a.com"}, false},
		"some elements":  {func(u *planner.Undo) { u.Changes = append(u.Changes[:1], u.Changes[2:]...) }, nil, true},
		"a false reason": {func(u *planner.Undo) { u.Left = append(u.Left, planner.Left{ID: "c.com/hosts/ns1", Domain: "c.com"}) }, []string{"a.com", "b.com"}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			files := delegating("ns1.example.org", "a.com", "b.com")
			w := newWorld(t, strings.ReplaceAll(files, "]\n}", "]\n  hosts = { ns1 = [\"192.0.2.1\"], ns2 = [\"192.0.2.2\"] }\n}"), simulator.Options{}, "a.com", "b.com", "c.com")
			state := w.inState()
			want := observed(w)
			w.apply(job.ApplyOptions{})
			for id, made := range observed(w) {
				if name, _, _ := strings.Cut(id, " "); !slices.Contains(test.back, name) {
					want[id] = made
				}
			}
			p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: told(t, state, history.Filter{})[0].ID, Forced: true})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(p.Plan.Undo.Changes); n != 6 {
				t.Fatalf("it takes back %d changes", n)
			}
			test.edit(p.Plan.Undo)
			r, err := w.job.Apply(t.Context(), job.ApplyOptions{Saved: p.Plan, MaxAge: planner.MaxAge})
			if _, foreign := errors.AsType[*job.ForeignUndoError](err); foreign != test.foreign || err != nil && !foreign {
				t.Errorf("%s: it ends with %v", title, err)
			}
			if diff := cmp.Diff(want, observed(w)); diff != "" {
				t.Errorf("%s: the account is not as it should be: %s", title, diff)
			}
			if !test.foreign && len(r.Plan.Undo.Left) > 0 {
				t.Errorf("%s: it leaves %v", title, r.Plan.Undo.Left)
			}
			held := make(map[string]bool)
			for _, pause := range pausesIn(t, state) {
				for _, name := range pause.Patterns {
					held[name] = true
				}
			}
			if got := slices.Sorted(maps.Keys(held)); !slices.Equal(got, test.back) {
				t.Errorf("%s: held are %q", title, got)
			}
		})
	}
}

// TestUndoHoldsWhatIsInDoubt: a change of which nobody knows what became is not taken back
// and is listed with what to do; it is held all the same, so that neither the next night
// nor whoever finds out makes it. Once the run was given up, the account decides.
func TestUndoHoldsWhatIsInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegating("ns1.example.org", "a.com"), simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{
			{Kind: simulator.Reset, Operation: "SaveBatchTaskForModifyingDomainDns", Count: 1},
		}}}, "a.com")
		state := w.inState()
		now := func(server string) {
			w.sim.Change("a.com", func(d *snapshot.Domain) { d.Nameservers = []string{server} })
		}
		time.AfterFunc(time.Minute, func() { now("ns5.example.net") })
		w.apply(job.ApplyOptions{})
		run := told(t, state, history.Filter{})[0].ID
		r := w.undoes(job.UndoOptions{Run: run, Until: time.Now().AddDate(0, 1, 0)})
		if l := r.Plan.Undo.Left; len(l) != 1 || !strings.Contains(l[0].Reason, "domainsync resume") || len(r.Plan.Undo.Changes) > 0 {
			t.Fatalf("it leaves %+v, and takes back %+v", l, r.Plan.Undo.Changes)
		}
		if held := pausesIn(t, state); len(held) != 1 || !slices.Equal(held[0].Patterns, []string{"a.com"}) {
			t.Fatalf("held is %+v", held)
		}
		if _, err := w.job.Abandon(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(24 * time.Hour)
			if r := w.apply(job.ApplyOptions{}); r.Plan.Count(attr.Held) != 1 {
				t.Errorf("the night makes it again: %+v", r.Plan.Changes)
			}
		}
		now("ns1.example.org") // it has taken effect late
		w.undoes(job.UndoOptions{Run: run})
		if got := observed(w)["a.com nameservers"]; got != "ns0.example.net" {
			t.Errorf("after all that the account has %s", got)
		}
	})
}

func pausesIn(t *testing.T, state string) []journal.Pause {
	t.Helper()
	j, err := journal.Open(t.Context(), state, journal.Options{ReadOnly: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	all, err := j.Pauses(t.Context(), time.Now())
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}
