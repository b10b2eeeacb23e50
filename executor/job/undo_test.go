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

// TestUndoTellsThatStagesNeedIt: what an undo of signed names has to leave for a later day
// comes back by another undo alone, and it says so.
func TestUndoTellsThatStagesNeedIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOf(t, fmt.Sprintf("domain \"a.com\" {\n  ds_records = [{ key_tag = 2, algorithm = 13, digest_type = 2, digest = %q }]\n}\n", digests[1]), simulator.Options{Account: &snapshot.Account{Domains: []snapshot.Domain{{
			Name: "a.com", Nameservers: []string{"ns0.example.net"}, Expires: time.Now().AddDate(2, 0, 0), Hosts: []snapshot.Host{},
			DSRecords: []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: digests[0]}},
		}}}})
		state := w.inState()
		for range 3 { // the new record comes, is seen, and the old one goes
			w.apply(job.ApplyOptions{})
			time.Sleep(72 * time.Hour)
		}
		runs := told(t, state, history.Filter{})
		w.undoes(job.UndoOptions{Run: runs[0].ID})
		tags := func() (all []int) {
			for _, r := range w.sim.State().Domains[0].DSRecords {
				all = append(all, r.KeyTag)
			}
			slices.Sort(all)
			return all
		}
		for round, want := range [][]int{{1, 2}, {1}} {
			r := w.undoes(job.UndoOptions{Run: runs[1].ID})
			said := slices.ContainsFunc(r.Plan.Diagnostics, func(d planner.Diagnostic) bool {
				return d.Summary == "Not all of it comes back at once" && strings.Contains(d.Detail, fmt.Sprintf("Undo run %d again", runs[1].ID))
			})
			if got := tags(); !slices.Equal(got, want) || said != (round == 0) {
				t.Errorf("after undo %d the records are %v, and it says that a part is left: %v", round, got, said)
			}
			for range 4 { // no night makes the rest
				time.Sleep(24 * time.Hour)
				w.apply(job.ApplyOptions{})
				if got := tags(); !slices.Equal(got, want) {
					t.Errorf("a night has made the records %v", got)
				}
			}
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

// TestSavedUndosEndAsTheirPlans: what somebody else had changed before the plan of an undo
// was made is told by its apply as well, so that nobody believes that all was taken back.
func TestSavedUndosEndAsTheirPlans(t *testing.T) {
	t.Parallel()
	for title, mended := range map[string][]string{"some of it": {"b.com"}, "all of it": {"a.com", "b.com"}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, delegating("ns1.example.org", "a.com", "b.com"), simulator.Options{}, "a.com", "b.com")
			state := w.inState()
			w.apply(job.ApplyOptions{})
			for _, name := range mended {
				w.sim.Change(name, func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.org"} })
			}
			p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: told(t, state, history.Filter{})[0].ID, Forced: true})
			if err != nil || !slices.Contains(p.Reasons, job.Failed) {
				t.Fatalf("%s: the plan ends with %v, %v", title, p.Reasons, err)
			}
			r, err := w.job.Apply(t.Context(), job.ApplyOptions{Saved: p.Plan, MaxAge: planner.MaxAge})
			if err != nil || !slices.Equal(r.Stale, p.Stale) || !slices.Equal(r.Reasons, []job.Reason{job.Failed}) {
				t.Errorf("%s: the apply ends with %v, %v; stale are %+v, not %+v", title, r.Reasons, err, r.Stale, p.Stale)
			}
		})
	}
}

// TestUndoBesideAnotherMachine: what another machine on the same state changed between the
// plan of an undo and its apply is told and not overwritten, and what it brought back by
// itself is done; while it holds the account nothing is taken back.
func TestUndoBesideAnotherMachine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"a.com", "b.com", "c.com", "d.com"}
		w := newWorld(t, delegating("ns1.example.org", names...), slow, names...)
		state := w.inState()
		w.apply(job.ApplyOptions{})
		run := told(t, state, history.Filter{})[0].ID
		p, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: run, Forced: true})
		if err != nil {
			t.Fatal(err)
		}
		other := *w.job
		other.Portfolio = load(t, delegating("ns2.example.org", "b.com")+"domain \"c.com\" {\n  nameservers = [\"ns0.example.net\"]\n}\n")
		other.Events = func(job.Event) {} // those of two runs at once
		ended := make(chan error)
		go func() {
			_, err := other.Apply(t.Context(), job.ApplyOptions{})
			ended <- err
		}()
		time.Sleep(time.Minute) // it holds the account
		saved := job.ApplyOptions{Saved: p.Plan, MaxAge: planner.MaxAge}
		_, errApply := w.job.Apply(t.Context(), saved)
		_, errUndo := w.job.Undo(t.Context(), job.UndoOptions{Run: run, Forced: true})
		for _, err := range []error{errApply, errUndo} {
			if _, locked := errors.AsType[*journal.LockedError](err); !locked {
				t.Errorf("beside another run it ends with %v", err)
			}
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		r, err := w.job.Apply(t.Context(), saved)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Stale) != 1 || r.Stale[0].ID != "b.com/nameservers" || !slices.Contains(r.Reasons, job.Failed) {
			t.Errorf("stale is %+v, for %v", r.Stale, r.Reasons)
		}
		if want := []string{"c.com/nameservers"}; !slices.Equal(r.Done, want) {
			t.Errorf("done already is %v, not %v", r.Done, want)
		}
		now := observed(w)
		for name, want := range map[string]string{"a.com": "ns0.example.net", "b.com": "ns2.example.org", "c.com": "ns0.example.net", "d.com": "ns0.example.net"} {
			if got := now[name+" nameservers"]; got != want {
				t.Errorf("%s has %s, not %s", name, got, want)
			}
		}
	})
}

// undoShop are files that buy names, renew them and give them another holder.
const undoShop = `
guard {
  max_change_percent              = 100
  max_registrant_changes          = 10
  registrant_transfer_prohibition = false
}
budget {
  amount   = 100
  currency = "USD"
}
prices {
  com = { register = 10.5, renew = 11 }
}
contact "new" {
  type = "enterprise"
  organization = "Example Ltd"
  name = "Ada Example"
  email = "ada@example.com"
  country = "GB"
  province = "London"
  city = "London"
  address = "1 Example Street"
  postal_code = "N1 1AA"
  phone_country_code = "44"
  phone = "2000000000"
}
domain "bought.com" {
  registration  = { registrant_profile = "Example Ltd" }
  transfer_lock = true
}
domain "kept.com" {
  renewal     = { min_days_left = 60 }
  nameservers = ["ns1.example.org"]
}
domain "sold.com" {
  registrant  = contact.new
  nameservers = ["ns1.example.org"]
}
`

// TestUndoOfPurchasesAndHolders: what was bought and who holds a name stays, and is listed
// with its reason, so that the undo ends with 4; the rest comes back and is held, and the
// next plan calls for nothing of it and buys nothing again.
func TestUndoOfPurchasesAndHolders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account := &snapshot.Account{ID: "42", Emails: []snapshot.Email{{Address: "ada@example.com", Verified: true}, {Address: "hostmaster@example.com", Verified: true}}}
		for name, days := range map[string]int{"kept.com": 40, "sold.com": 900} {
			account.Domains = append(account.Domains, snapshot.Domain{
				Name: name, InstanceID: name, Nameservers: []string{"ns0.example.net"}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}, Expires: time.Now().AddDate(0, 0, days),
			})
		}
		w := newWorldOf(t, undoShop, simulator.Options{Account: account})
		state := w.inState()
		if r := w.apply(job.ApplyOptions{}); len(r.Reasons) > 0 {
			t.Fatalf("the apply ends red: %v %+v", r.Reasons, r.Conditions)
		}
		bought := len(w.sim.Purchases())
		runs := told(t, state, history.Filter{})
		left := make(map[string]string)
		for _, run := range runs {
			r, err := w.job.Undo(t.Context(), job.UndoOptions{Run: run.ID, Forced: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range r.Plan.Undo.Left {
				left[l.ID] = l.Reason
			}
			if n := len(r.Plan.Undo.Left); (n > 0) != slices.Contains(r.Reasons, job.Failed) {
				t.Errorf("it leaves %d changes, and ends for %v", n, r.Reasons)
			}
		}
		for id, want := range map[string]string{"bought.com/registration": "bought", "kept.com/renewal": "bought", "sold.com/registrant": "consent"} {
			if !strings.Contains(left[id], want) {
				t.Errorf("%s is left for %q, not for %q", id, left[id], want)
			}
			delete(left, id)
		}
		if len(left) > 0 {
			t.Errorf("left are also %v", left)
		}
		p, err := w.job.Plan(t.Context(), job.PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		held := make(map[string]bool)
		for c := range p.Plan.Differences() {
			if held[c.ID] = true; c.Status != attr.Held {
				t.Errorf("the next plan has %s as %s: %s", c.ID, c.Status, c.Reason)
			}
		}
		if want := []string{"bought.com/transfer_lock", "kept.com/nameservers", "sold.com/nameservers"}; !slices.Equal(slices.Sorted(maps.Keys(held)), want) {
			t.Errorf("held are %v, not %v", held, want)
		}
		if len(p.Reasons) > 0 {
			t.Errorf("the next plan ends for %v", p.Reasons)
		}
		w.apply(job.ApplyOptions{})
		if got := observed(w); got["kept.com nameservers"] != "ns0.example.net" || got["bought.com transfer_lock"] != "off" || len(w.sim.Purchases()) != bought {
			t.Errorf("after the next apply the account has %v, and %d orders of %d", got, len(w.sim.Purchases()), bought)
		}
	})
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
