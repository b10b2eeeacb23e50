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
)

// TestNoNameEndsUnderAGreenRun: whatever keeps a renewal from being bought, the night
// is red, and the list of conditions names the one name of the five that ends.
func TestNoNameEndsUnderAGreenRun(t *testing.T) {
	t.Parallel()
	const names = `["n1.net", "n2.net", "n3.net", "n4.net", "n5.net"]`
	const renewed = "domains \"all\" {\n  names = " + names + "\n  renewal = { min_days_left = 60 }\n}\n"
	const prices = "prices {\n  net = { renew = 11 }\n}\n"
	const budget = "budget {\n  amount = 100\n}\n"
	for how, files := range map[string]string{
		"over the budget":  prices + strings.Replace(budget, "100", "5", 1) + renewed,
		"no price":         budget + renewed,
		"no budget block":  prices + renewed,
		"held":             prices + budget + renewed + "hold \"wait\" {\n  names  = [\"n3.net\"]\n  until  = \"2001-01-01\"\n  reason = \"wait\"\n}\n",
		"not renewed":      "domains \"all\" {\n  names = " + names + "\n}\n",
		"not in the files": "domains \"all\" {\n  names = [\"n1.net\", \"n2.net\", \"n4.net\", \"n5.net\"]\n}\n",
	} {
		for left, severity := range map[int]job.Severity{-5: job.Page, 3: job.Page, 20: job.Ticket} {
			if how == "held" && left < 0 {
				continue // what holds it back is told in the same way
			}
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, "domains \"all\" {\n  names = "+names+"\n}\n", simulator.Options{}, "n1.net", "n2.net", "n3.net", "n4.net", "n5.net")
					w.apply(job.ApplyOptions{})
					w.change("n3.net", func(d *snapshot.Domain) { d.Expires, d.Premium = time.Now().AddDate(0, 0, left), how == "no price" })
					w.job.Portfolio = load(t, files)
					for _, r := range []*job.Result{w.apply(job.ApplyOptions{}), w.planned()} {
						c := endangeredIn(r, "n3.net")
						if c == nil || c.Severity != severity || c.Makes != job.Failed || !slices.Contains(r.Reasons, job.Failed) {
							t.Errorf("%d days before its end the run ends with %v: %+v", left, r.Reasons, r.Conditions)
						}
						ofName := slices.IndexFunc(r.Conditions, func(c job.Condition) bool { return c.Domain != "" }) // after what the budget lacks
						if ofName >= 0 && r.Conditions[ofName].Domain != "n3.net" {
							t.Errorf("the first condition of a name is %+v", r.Conditions[ofName])
						}
					}
				})
			})
		}
	}
}

// TestOverdueWithAStateOfOneRun: where each night has a new state, and the account shows
// earlier work, no wait can end well because nobody remembers its start: somebody else's
// task counts from when it began, and what else waits is overdue at once. With a state
// that is kept, the wait has its time.
func TestOverdueWithAStateOfOneRun(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		kept bool
		red  []bool // night by night
	}{
		"a state that is kept":       {true, []bool{false, false, true}},
		"a new state for each night": {false, []bool{false, false, true}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, delegated, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{
					Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"example.com"},
					Wait: simulator.Range{Min: 60 * time.Hour, Max: 60 * time.Hour},
				}}}}, "example.com", "example.net")
				for night, red := range test.red {
					if !test.kept {
						w.job.Journal = job.InState(t.TempDir(), journal.Options{})
					}
					r := w.apply(job.ApplyOptions{})
					c, overdue := condition(r, "overdue")
					if overdue != red || red && (c.Domain != "example.com" || c.Severity != job.Ticket || c.Deadline.IsZero() || !slices.Contains(r.Reasons, job.Failed)) {
						t.Errorf("night %d: %+v, %v", night, c, r.Reasons)
					}
					time.Sleep(23 * time.Hour)
				}
			})
		})
	}
}
