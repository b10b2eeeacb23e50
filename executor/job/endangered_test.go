package job_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

const renewedFiles = `
account {
  unmanaged = "report"
}

budget {
  amount = 100
}

prices {
  net = { renew = 11 }
}

domain "example.net" {
  renewal = { min_days_left = 60 }
}
`

// endangeredIn returns the condition that a name ends; nil: there is none.
func endangeredIn(r *job.Result, name string) *job.Condition {
	i := slices.IndexFunc(r.Conditions, func(c job.Condition) bool { return c.ID == "endangered" && c.Domain == name })
	if i < 0 {
		return nil
	}
	return &r.Conditions[i]
}

// TestOnlyWhatIsVerifiedKeepsAName: an apply ends well where it has renewed the name and
// read that back; however else it ends, the name is endangered, whoever knows of it.
func TestOnlyWhatIsVerifiedKeepsAName(t *testing.T) {
	t.Parallel()
	rule := func(f simulator.Fault) func(*world) {
		return func(w *world) {
			if err := w.sim.SetFaults(simulator.Faults{Rules: []simulator.Fault{f}}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for how, test := range map[string]struct {
		happen func(w *world)
		why    string // "": the name is kept
	}{
		"it is renewed":       {func(*world) {}, ""},
		"the order fails":     {rule(simulator.Fault{Kind: simulator.FailDetail, Operation: "SaveBatchTaskForCreatingOrderRenew", Count: 9}), "is not verified: "},
		"the order is slow":   {rule(simulator.Fault{Kind: simulator.Slow, Names: []string{"example.net"}, Wait: simulator.Range{Min: 90 * time.Hour, Max: 90 * time.Hour}}), "is not verified: "},
		"the plan has errors": {func(w *world) { w.job.Portfolio = load(w.t, strings.Replace(renewedFiles, "report", "error", 1)) }, "the plan as a whole is refused"},
		"somebody says no": {func(w *world) {
			w.job.Approve = func(context.Context, *planner.Plan) (string, error) { return "", errors.New("no") }
		}, "nothing was sent"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, renewedFiles, simulator.Options{}, "example.net", "example.org")
				w.change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, 5) })
				test.happen(w)
				r, _ := w.job.Apply(t.Context(), job.ApplyOptions{Accept: job.Acceptance{Known: func(string, string) bool { return true }}})
				c := endangeredIn(r, "example.net")
				switch {
				case test.why == "":
					if c != nil || len(r.Reasons) != 0 {
						t.Errorf("%+v, %v", c, r.Reasons)
					}
				case c == nil || c.Severity != job.Page || !strings.Contains(c.Reason, test.why) || !slices.Contains(r.Reasons, job.Failed):
					t.Errorf("%+v, %v", c, r.Reasons)
				}
			})
		})
	}
}

// TestNamesThatLeftTheFilesStayEndangered: a name that left the files without a word is
// endangered in every later run, until a released block says that it may go.
func TestNamesThatLeftTheFilesStayEndangered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, renewedFiles, simulator.Options{}, "example.net", "example.org")
		w.apply(job.ApplyOptions{})
		w.change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, 5) })
		without := "domain \"example.org\" {}\n"
		for range 3 {
			w.job.Portfolio = load(t, without)
			r := w.apply(job.ApplyOptions{})
			if c := endangeredIn(r, "example.net"); c == nil || !slices.Contains(r.Reasons, job.Failed) {
				t.Fatalf("%+v, %v", r.Conditions, r.Reasons)
			}
		}
		w.job.Portfolio = load(t, without+"released \"sold\" {\n  names  = [\"example.net\"]\n  reason = \"sold\"\n}\n")
		if r := w.apply(job.ApplyOptions{}); endangeredIn(r, "example.net") != nil {
			t.Errorf("a released name is endangered: %+v", r.Conditions)
		}
	})
}
