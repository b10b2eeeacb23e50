package job_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

const threatenedFiles = `
domain "example.com" {
  transfer_lock = true
  critical      = true
}

domain "example.net" {
  transfer_lock = true
}

domain "ends.com" {
  lapse = "the campaign is over"
}
`

// threatsInPlay have each threat begin, at a name of threatenedFiles.
var threatsInPlay = map[string]func(w *world) (name string){
	"endangered": func(w *world) string {
		return w.change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, 20) })
	},
	"transfer_out": func(w *world) string { return w.happen(simulator.TransferAsked, "example.com") },
	"left_account": func(w *world) string { return w.happen(simulator.TransferredAway, "example.com") },
	"email_hold":   func(w *world) string { return w.happen(simulator.OnHold, "example.com") },
	"email_unverified": func(w *world) string {
		settings := w.sim.Settings()
		settings.VerifiedEmails = []string{}
		if err := w.sim.SetSettings(settings); err != nil {
			w.t.Fatal(err)
		}
		return w.change("example.com", func(d *snapshot.Domain) { d.Registered = time.Now().AddDate(0, 0, -10) })
	},
	"real_name_failed": func(w *world) string {
		return w.change("example.com", func(d *snapshot.Domain) { d.RealName = wire.RealNameFailed })
	},
	"registrant_pending": func(w *world) string {
		w.change("example.com", func(d *snapshot.Domain) { d.RegistrantUpdating = wire.UpdatingPending })
		w.job.Refresh = job.RefreshFull
		w.apply(job.ApplyOptions{})
		<-time.After(8 * 24 * time.Hour)
		return "example.com"
	},
	"registry_lock_ends": func(w *world) string {
		w.sim.SetRegistryLock("example.com", time.Now().AddDate(0, 0, 90))
		w.sim.SetRegistryLock("example.net", time.Now().AddDate(0, 0, 20))
		return "example.net" // which nobody called critical
	},
	"renewed_against_lapse": func(w *world) string {
		return w.change("ends.com", func(d *snapshot.Domain) { d.AutoRenew, d.Expires = new(true), time.Now().AddDate(0, 0, 20) })
	},
}

func (w *world) happen(kind simulator.EventKind, name string) string {
	w.t.Helper()
	if err := w.sim.Happen(simulator.RegistryEvent{Kind: kind, Names: []string{name}}); err != nil {
		w.t.Fatal(err)
	}
	return name
}

func (w *world) change(name string, change func(*snapshot.Domain)) string {
	w.sim.Change(name, change)
	return name
}

// plan plans, and returns the plan and why it is red.
func (w *world) plan() (*planner.Plan, []job.Reason) {
	w.t.Helper()
	r := w.planned()
	return r.Plan, r.Reasons
}

// TestEachThreatIsPlayed: the simulator plays every state of the table, the next plan
// tells it of that name alone, and is red; before that it tells none, and is not.
func TestEachThreatIsPlayed(t *testing.T) {
	t.Parallel()
	for _, kind := range planner.ThreatKinds() {
		begin := threatsInPlay[kind.ID]
		if begin == nil {
			t.Errorf("nothing plays %s", kind.ID)
			continue
		}
		t.Run(kind.ID, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, threatenedFiles, simulator.Options{}, "ends.com", "example.com", "example.net")
				w.job.Readings, w.job.Refresh = job.ReadingsIn(t.TempDir(), journal.Options{}), job.RefreshFull
				if r := w.apply(job.ApplyOptions{}); len(r.Plan.Threats) != 0 || len(r.Reasons) != 0 {
					t.Fatalf("before anything happens the threats are %+v, %v", r.Plan.Threats, r.Reasons)
				}
				name := begin(w)
				p, reasons := w.plan()
				if len(p.Threats) != 1 || p.Threats[0].ID != kind.ID || p.Threats[0].Domain != name || !slices.Contains(reasons, job.Failed) {
					t.Errorf("the threats are %+v, %v", p.Threats, reasons)
				}
			})
		})
	}
}

// TestWhatThreatensIsReadEachDay: the reading of a name that is in danger stands for a
// day; that the danger is over, which no log tells, is seen then, and not a month later.
func TestWhatThreatensIsReadEachDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, threatenedFiles, simulator.Options{}, "ends.com", "example.com", "example.net")
		w.job.Readings = job.ReadingsIn(t.TempDir(), journal.Options{})
		for range 4 { // what our own changes touched is read, and the log reaches back
			w.apply(job.ApplyOptions{})
			<-time.After(26 * time.Hour)
		}
		w.happen(simulator.OnHold, "example.com")
		w.job.Refresh = job.RefreshFull
		for i, want := range []struct{ threats, before int }{{1, 0}, {1, 1}, {1, 0}, {0, 0}} {
			p, _ := w.plan()
			before := 0 // threats that rest on a reading from before
			for _, x := range p.Threats {
				if !x.AsOf.IsZero() {
					before++
				}
			}
			if len(p.Threats) != want.threats || before != want.before {
				t.Errorf("plan %d: the threats are %+v", i, p.Threats)
			}
			if i == 2 {
				w.happen(simulator.OffHold, "example.com")
			}
			w.job.Refresh = job.RefreshAuto
			<-time.After(13 * time.Hour)
			if i > 0 {
				<-time.After(13 * time.Hour)
			}
		}
	})
}

// TestLeftIsToldFromNeverThere: that a missing name was there is known from the
// readings, or from what an apply has recorded since; where both are lost, nothing is
// said of it, and never of a name that was not there. A name that its files let end is
// warned of as gone, and is not missing.
func TestLeftIsToldFromNeverThere(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		applies  bool // an apply sees that the name has left
		readings bool // are kept
		records  bool // are kept
		told     bool
	}{
		"all is kept":          {false, true, true, true},
		"only readings":        {false, true, false, true},
		"records of an apply":  {true, false, true, true},
		"records of no apply":  {false, false, true, false},
		"both are lost":        {true, false, false, false},
		"an apply, and all":    {true, true, true, true},
		"the readings of both": {true, true, false, true},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, threatenedFiles+"domain \"never.com\" {}\n", simulator.Options{}, "ends.com", "example.com", "example.net")
				records, readings := w.job.Journal, job.ReadingsIn(t.TempDir(), journal.Options{})
				w.job.Readings = readings
				w.apply(job.ApplyOptions{})
				w.happen(simulator.TransferredAway, "example.com")
				w.happen(simulator.TransferredAway, "ends.com") // as its files want it to
				if test.applies {
					w.apply(job.ApplyOptions{})
				}
				if w.job.Journal = records; !test.records {
					w.job.Journal = job.InState(t.TempDir(), journal.Options{})
				}
				if !test.readings {
					w.job.Readings = job.ReadingsIn(t.TempDir(), journal.Options{})
				}
				p, _ := w.plan()
				if told := len(p.Threats) == 1 && p.Threats[0].ID == "left_account" && p.Threats[0].Domain == "example.com"; told != test.told || !told && len(p.Threats) != 0 {
					t.Errorf("the threats are %+v", p.Threats)
				}
				if want := []string{"example.com", "never.com"}; !slices.Equal(p.Missing, want) {
					t.Errorf("missing are %q", p.Missing)
				}
				if gone := warnedOf(p, "Gone, as the files let it end"); !slices.Equal(gone, []string{"ends.com"}) {
					t.Errorf("gone as the files let them end are %q", gone)
				}
			})
		})
	}
}

// warnedOf returns the names of the warnings of a plan that have a summary.
func warnedOf(p *planner.Plan, summary string) (names []string) {
	for _, d := range p.Diagnostics {
		if d.Severity == planner.SeverityWarning && d.Summary == summary {
			names = append(names, d.Domain)
		}
	}
	return names
}

// TestANameThatReturnsHasNotLeft: what is remembered of a name ends when the account
// holds it again, and begins anew.
func TestANameThatReturnsHasNotLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, threatenedFiles, simulator.Options{}, "ends.com", "example.com", "example.net")
		w.job.Readings = job.ReadingsIn(t.TempDir(), journal.Options{})
		for _, there := range []bool{true, false, true, false, false} {
			if there {
				w.change("example.com", func(d *snapshot.Domain) { d.TransferLock = wire.LockOn })
			} else {
				w.sim.Remove("example.com")
			}
			if r := w.apply(job.ApplyOptions{}); len(r.Plan.Threats) != 0 == there {
				t.Errorf("it is there: %v, and the threats are %+v", there, r.Plan.Threats)
			}
			<-time.After(24 * time.Hour)
		}
	})
}

const buyingFiles = `
budget {
  amount   = 100
  currency = "USD"
}

prices {
  com = { register = 10.5, renew = 11 }
}

domain "example.com" {
  registration = { registrant_profile = "Example Ltd", buy_back = %s }
}
`

// TestNamesThatLeftAreNotBoughtBack: a registration that stands in the files buys no
// name that left the account, from a saved plan of a machine that knows nothing of it
// neither; one that says so buys it.
func TestNamesThatLeftAreNotBoughtBack(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		buyBack string
		saved   bool // a plan that was made elsewhere
		forget  bool // the readings are lost, after an apply that saw it
		bought  int
	}{
		"as it is":               {buyBack: "false"},
		"a saved plan":           {buyBack: "false", saved: true},
		"readings are lost":      {buyBack: "false", forget: true},
		"the files say so":       {buyBack: "true", bought: 1},
		"the files and the plan": {buyBack: "true", saved: true, bought: 1},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				files := strings.Replace(buyingFiles, "%s", test.buyBack, 1)
				w := newWorld(t, files, simulator.Options{}, "example.com", "example.net")
				records := w.job.Journal
				readings := job.ReadingsIn(t.TempDir(), journal.Options{})
				w.job.Readings = readings
				w.apply(job.ApplyOptions{})
				w.happen(simulator.TransferredAway, "example.com")
				if err := w.sim.SetMarket(simulator.Market{Names: map[string]wire.Availability{"example.com": wire.Available}}); err != nil {
					t.Fatal(err)
				}
				var o job.ApplyOptions
				if test.saved {
					w.job.Journal, w.job.Readings = job.InState(t.TempDir(), journal.Options{}), nil
					p, _ := w.plan()
					if p.Summary.Changed != 1 {
						t.Fatalf("a machine that knows nothing plans %+v", p.Summary)
					}
					o.Saved, o.MaxAge = p, time.Hour
				}
				w.job.Journal, w.job.Readings = records, readings
				if test.forget {
					w.apply(o)
					w.job.Readings = job.ReadingsIn(t.TempDir(), journal.Options{})
				}
				w.apply(o)
				<-time.After(40 * 24 * time.Hour)
				w.apply(job.ApplyOptions{})
				if got := len(w.sim.Purchases()); got != test.bought {
					t.Errorf("bought %d times", got)
				}
			})
		})
	}
}
