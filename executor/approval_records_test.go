package executor_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// approvedWorld is an account whose budget of a month buys one of two renewals,
// and one name to be delegated elsewhere. The month ends after some days.
func approvedWorld(t *testing.T, daysLeft int) *world {
	t.Helper()
	<-time.After(time.Until(time.Date(2000, 2, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, -daysLeft)))
	first, second, moves := blank("first.com", false), blank("second.com", false), blank("moves.com", false)
	first.Expires, second.Expires = time.Now().AddDate(0, 0, 50), time.Now().AddDate(0, 0, 51)
	moves.Nameservers = []string{"ns0.example.net"}
	o := simulator.Options{Account: &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{first, moves, second}}}
	o.Account.Sort()
	o.Market.Prices = map[string]simulator.Prices{"*": {Renew: 11}}
	return newWorldOf(t, loadText(t, `
budget {
  amount   = 11
  currency = "USD"
}
prices {
  com = { renew = 11 }
}
domains "renewed" {
  names   = ["first.com", "second.com"]
  renewal = { min_days_left = 60 }
}
domain "moves.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}
`), o)
}

// unattended applies without anybody who approves anything, and returns why the
// changes are not made, by ID.
func (w *world) unattended() map[string]string {
	w.t.Helper()
	r, err := w.job().Apply(w.t.Context(), job.ApplyOptions{Approval: &planner.Approval{}})
	if err != nil {
		w.t.Fatal(err)
	}
	left := make(map[string]string)
	for i := range r.Plan.Changes {
		if c := &r.Plan.Changes[i]; c.Status != attr.Ready {
			left[c.ID] = string(c.Status) + ": " + c.Reason
		}
	}
	return left
}

// TestASavedPlanApprovesWhatItDefers: whoever applies a saved plan has approved
// its deferred changes as well. A later run makes them when their time comes, with
// nobody there, and once.
func TestASavedPlanApprovesWhatItDefers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := approvedWorld(t, 5)
		if left := w.unattended(); !strings.Contains(left["first.com/renewal"], "the hazard money is not approved") {
			t.Errorf("nobody has approved anything, and left are %v", left)
		}
		saved, err := w.plan(t.Context())
		if err != nil || saved.Count(attr.Deferred) != 1 {
			t.Fatal(err, saved)
		}
		j := w.job()
		j.Approve = func(context.Context, *planner.Plan) (string, error) { panic("the file is the approval") }
		r, err := j.Apply(t.Context(), job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: time.Hour})
		if err != nil || len(r.Reasons) > 0 {
			t.Fatal(err, r.Reasons)
		}
		w.bought(1)
		if left := w.unattended(); !strings.Contains(left["second.com/renewal"], "over the budget") {
			t.Errorf("the month has not ended, and left are %v", left)
		}
		w.bought(1)
		<-time.After(6 * 24 * time.Hour)
		p, err := w.plan(t.Context())
		if err != nil || len(p.Approved) != 1 || !slices.Equal(p.Approved[0].Changes, []string{"second.com/renewal"}) || p.Approved[0].By != "ada" {
			t.Errorf("%v; approved is %+v", err, p.Approved)
		}
		if left := w.unattended(); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
		w.bought(2)
		w.unattended()
		w.bought(2)
	})
}

// TestNobodyApprovesWhatIsLeftOut: a plan of one name, or of one attribute, is approved
// for that, at the prompt and as a file. A later run with nobody there makes nothing of
// what the plan left out.
func TestNobodyApprovesWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	for by, approve := range map[string]func(w *world, o job.PlanOptions) (*job.Result, error){
		"a saved plan": func(w *world, o job.PlanOptions) (*job.Result, error) {
			saved, err := w.job().Plan(w.t.Context(), o)
			if err != nil {
				return nil, err
			}
			return w.job().Apply(w.t.Context(), job.ApplyOptions{Saved: saved.Plan, ApprovedBy: "ada", MaxAge: time.Hour})
		},
		"a yes": func(w *world, o job.PlanOptions) (*job.Result, error) {
			j := w.job()
			j.Approve = func(context.Context, *planner.Plan) (string, error) { return "ada", nil }
			return j.Apply(w.t.Context(), job.ApplyOptions{Only: o.Only, Limit: o.Limit})
		},
	} {
		for scope, o := range map[string]job.PlanOptions{"--limit": {Limit: 1}, "--target": {Only: selected(t, "a.com/nameservers")}} {
			t.Run(by+" with "+scope, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorldOf(t, loadText(t, `
domains "all" {
  names         = ["a.com", "b.com"]
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}
`), simulator.Options{Account: &snapshot.Account{
						FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{blank("a.com", false), blank("b.com", false)},
					}})
					if _, err := approve(w, o); err != nil {
						t.Fatal(err)
					}
					w.wantServers("a.com", newServers)
					left := w.unattended()
					if why := left["b.com/nameservers"]; !strings.Contains(why, "the hazard delegation is not approved") {
						t.Errorf("of b.com it says %q", why)
					}
					if scope == "--target" && !strings.Contains(left["a.com/transfer_lock"], "is not approved") {
						t.Errorf("left are %v", left)
					}
				})
			})
		}
	}
}

// selected selects by patterns of --target.
func selected(t *testing.T, patterns ...string) planner.Selection {
	t.Helper()
	only, err := planner.SelectTargets(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return only
}

// TestApprovalsAreUsedOnce: what somebody takes back by hand is not made again by
// an approval that made it.
func TestApprovalsAreUsedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := approvedWorld(t, 5)
		j := w.job()
		j.Approve = func(context.Context, *planner.Plan) (string, error) { return "ada", nil }
		if _, err := j.Apply(t.Context(), job.ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
		w.sim.Change("moves.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns0.example.net"} })
		saved := len(w.sim.Saved())
		why := w.unattended()["moves.com/nameservers"]
		if !strings.Contains(why, "the approval by ada of 2000-01-27") || !strings.HasSuffix(why, "was used") || len(w.sim.Saved()) != saved {
			t.Errorf("it is %q, after %d kinds of requests and %d now", why, saved, len(w.sim.Saved()))
		}
	})
}

// TestApprovalsEnd: after its time an approval says that it has ended, and an
// equal change of another price was never approved.
func TestApprovalsEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		daysLeft int
		dearer   bool
		says     string
	}{
		"its time is over":         {daysLeft: 20, says: "; the approval by ada of 2000-01-12 03:00 UTC ended on 2000-01-26 03:00 UTC"},
		"the price is another one": {daysLeft: 5, dearer: true, says: "was for another change of it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := approvedWorld(t, test.daysLeft)
				j := w.job()
				j.Approve = func(context.Context, *planner.Plan) (string, error) { return "ada", nil }
				if _, err := j.Apply(t.Context(), job.ApplyOptions{}); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Duration(test.daysLeft+1) * 24 * time.Hour)
				if test.dearer {
					price := w.portfolio.Prices["com"]
					price.Renew = new(attr.Amount(1000))
					w.portfolio.Prices["com"] = price
				}
				if why := w.unattended()["second.com/renewal"]; !strings.Contains(why, test.says) {
					t.Errorf("it is %q", why)
				}
				w.bought(1)
			})
		})
	}
}
