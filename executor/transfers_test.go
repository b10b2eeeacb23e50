package executor_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/executor/render"
)

// incoming are the names that are transferred into the account.
var incoming = []attr.Transfer{{Name: "a.example"}, {Name: "b.example"}}

// movers is a world into which names are transferred. All that it logs is kept.
func movers(t *testing.T, o simulator.Options) (*world, *bytes.Buffer) {
	t.Helper()
	o.Market.Names = map[string]wire.Availability{"a.example": wire.Taken, "b.example": wire.Taken}
	w := shop(t, []name{{name: "held.example"}}, o)
	prices := w.portfolio.Prices["example"]
	prices.Transfer = prices.Renew
	w.portfolio.Prices["example"] = prices
	log := new(bytes.Buffer)
	w.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return w, log
}

// orderTransfers has the names transferred, by a new process.
func (w *world) orderTransfers(ctx context.Context, transfers []attr.Transfer) (*job.Result, error) {
	return w.job().OrderTransfers(ctx, job.TransferOptions{
		Transfers: transfers, Key: w.sim.TransferKey,
		Feasible: func(ctx context.Context, name string) (string, error) {
			answer := new(wire.CheckTransferInFeasibilityResponse)
			err := w.client.Do(ctx, &wire.CheckTransferInFeasibilityRequest{DomainName: name, TransferAuthorizationCode: w.sim.TransferKey(name)}, answer)
			return answer.Message, err
		},
	})
}

// keepsNoKey holds that neither the state, nor what was logged and told, nor a report
// has a transfer key.
func (w *world) keepsNoKey(log *bytes.Buffer, r *job.Result) {
	w.t.Helper()
	var report bytes.Buffer
	if r != nil && r.Report != nil {
		if err := render.ReportJSON(&report, r, "test", render.End{}); err != nil {
			w.t.Fatal(err)
		}
	}
	places := map[string][]byte{"the log": log.Bytes(), "the report": report.Bytes(), "the events": fmt.Appendf(nil, "%+v", w.events)}
	if strings.Contains(w.dir, "://") {
		w.holdsNoKey(places) // every store has the same records
		return
	}
	if w.options.Memory != nil {
		places["the journal"] = w.allRecorded()
		w.holdsNoKey(places)
		return
	}
	files := 0
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		places[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || files == 0 {
		w.t.Fatalf("%d files of the state: %v", files, err)
	}
	w.holdsNoKey(places)
}

// allRecorded is all that the journal of a state in memory holds. A run that died early
// has recorded nothing.
func (w *world) allRecorded() (all []byte) {
	w.t.Helper()
	s, err := w.options.Memory.State(w.dir).Open(w.t.Context(), store.Options{ReadOnly: true})
	if err == nil {
		err = s.Load(w.t.Context(), store.Query{}, func(r *store.Record) error {
			all = append(append(all, r.Key...), r.Data...)
			return nil
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// holdsNoKey holds that no text has a transfer key.
func (w *world) holdsNoKey(places map[string][]byte) {
	w.t.Helper()
	for place, text := range places {
		for _, t := range incoming {
			if bytes.Contains(text, []byte(w.sim.TransferKey(t.Name))) {
				w.t.Errorf("%s has the transfer key of %s", place, t.Name)
			}
		}
	}
}

// TestTransfersAreOrderedOnce: one request orders what can be transferred, within the
// budget, and nothing that is under way is ordered again.
func TestTransfersAreOrderedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, log := movers(t, simulator.Options{})
		r, err := w.orderTransfers(t.Context(), incoming)
		if err != nil {
			t.Fatal(err)
		}
		w.counts(r.Report, standings{executor.Verified: 2}, 0)
		w.bought(2)
		if n := w.sim.Stats()["SaveBatchTaskForCreatingOrderTransfer"]; n != 1 {
			t.Errorf("%d requests for two transfers, want 1", n)
		}
		w.keepsNoKey(log, r)
		err = w.open(t.Context(), func(j *journal.Journal) error {
			all, err := j.Purchases(t.Context(), time.Time{}, nil)
			if len(all) != 2 || all[0].Amount != 1100 || all[0].State != journal.Succeeded {
				t.Errorf("the journal has the purchases %+v", all)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.orderTransfers(t.Context(), incoming)
		if err != nil || again.Plan.Count(attr.Waiting) != 2 {
			t.Errorf("what is under way: %v, %+v", err, again.Plan.Changes)
		}
		w.bought(2)
		w.portfolio.Budget.Amount = 2300 // of which 2200 are spent
		left, err := w.orderTransfers(t.Context(), []attr.Transfer{{Name: "c.example"}})
		if err != nil || left.Plan.Count(attr.Ready) > 0 {
			t.Errorf("over the budget: %v, %+v", err, left.Plan.Changes)
		}
	})
}

// TestTransfersAtEveryPoint lets a run that orders transfers die before and after
// durable writes and calls.
func TestTransfersAtEveryPoint(t *testing.T) {
	t.Parallel()
	testTransfersAtDeaths(t, inMemory, drawSpread(t, 5, 17))
}

// testTransfersAtDeaths lets runs that order transfers die, and at every other point
// the run that recovers from that, too. Whoever orders them again, until they are under
// way, has ordered each once, and no key is kept.
func testTransfersAtDeaths(t *testing.T, h home, c choice) {
	t.Helper()
	slow := simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute, Max: 20 * time.Hour}}}
	for service, faults := range map[string]simulator.Faults{"at once": {}, "lossy": crashes["lossy"], "slow": slow} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			points := 0
			synctest.Test(t, func(t *testing.T) { points = dyingTransfers(t, h, faults, 0, 0) })
			for _, at := range c.points(t, points, 30) {
				again := 0
				if at%2 == 0 {
					again = 1 + at%17 // the recovery has fewer points
				}
				t.Run(fmt.Sprintf("at %d, then at %d", at, again), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { dyingTransfers(t, h, faults, at, again) })
				})
			}
		})
	}
}

// dyingTransfers orders transfers in runs of which the first one dies at a point, and
// the second one at another; 0: it does not. It returns the points of the first.
func dyingTransfers(t *testing.T, h home, faults simulator.Faults, die, again int) (points int) {
	t.Helper()
	w, log := movers(t, simulator.Options{Faults: faults})
	w.moveTo(h)
	w.timing.PollMost = 2 * time.Minute
	for i, at := range []int{die, again} {
		w.die = at
		_, err := w.orderTransfers(t.Context(), incoming)
		if at == 0 && err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			points = w.points
		}
		w.revive()
		w.keepsNoKey(log, nil)
	}
	for range 12 { // a transfer that nobody agrees to lives for longer
		if _, err := w.orderTransfers(t.Context(), incoming); err != nil {
			t.Fatal(err)
		}
		<-time.After(7 * time.Hour)
	}
	w.bought(2)
	if under := w.sim.TransfersIn(); len(under) != 2 {
		t.Errorf("%d transfers: %+v", len(under), under)
	}
	w.keepsNoKey(log, nil)
	if w.options.Memory != nil && len(w.allRecorded()) == 0 {
		t.Error("nothing of what was ordered is recorded")
	}
	return points
}

// TestYoungNameIsNotOrdered: a name that was registered less than 60 days ago cannot
// be transferred. The plan says so, nothing is ordered for it, and the others are.
func TestYoungNameIsNotOrdered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := movers(t, simulator.Options{})
		w.market(func(m *simulator.Market) { m.Names["a-young.example"] = wire.Taken })
		r, err := w.orderTransfers(t.Context(), []attr.Transfer{{Name: "a-young.example"}, {Name: "b.example"}})
		if err != nil {
			t.Fatal(err)
		}
		c := find(r.Plan, "a-young.example/transfer_in")
		if c.Status != attr.Blocked || !strings.Contains(c.Reason, "the service does not transfer the name") || !strings.Contains(c.Reason, "60 days") {
			t.Errorf("the young name is %s: %s", c.Status, c.Reason)
		}
		if !slices.Contains(r.Reasons, job.Failed) {
			t.Errorf("the reasons are %v", r.Reasons)
		}
		w.counts(r.Report, standings{executor.Verified: 1}, 0)
		w.bought(1)
	})
}

// TestTransfersWithoutAKeyAreNotSent: a run that is resumed does not know the keys of
// what it has not sent, and says what to do.
func TestTransfersWithoutAKeyAreNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := movers(t, simulator.Options{})
		r, err := w.job().OrderTransfers(t.Context(), job.TransferOptions{
			Transfers: incoming, Feasible: func(context.Context, string) (string, error) { return "", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Report.Changes {
			if c.Result == executor.Verified || c.Result == executor.Done {
				t.Errorf("%s is %s", c.ID, c.Result)
			}
		}
		w.bought(0)
		if n := w.sim.Stats()["SaveBatchTaskForCreatingOrderTransfer"]; n != 0 {
			t.Errorf("%d requests without a key", n)
		}
	})
}

// TestTransfersWaitForTheBudgetToBeApproved: a budget that was raised in the files counts
// for transfers once an apply has approved it, and what it was does until then.
func TestTransfersWaitForTheBudgetToBeApproved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := movers(t, simulator.Options{})
		raised := w.portfolio.Budget.Amount
		w.portfolio.Budget.Amount = 15_00
		w.mustApply()
		w.portfolio.Budget.Amount = raised
		for _, bought := range []int{1, 1} {
			r, err := w.orderTransfers(t.Context(), incoming)
			if err != nil {
				t.Fatal(err)
			}
			if w.bought(bought); len(r.Plan.Policy) != 1 || !slices.Contains(r.Reasons, job.Unapproved) {
				t.Errorf("the plan permits %+v, and the run ends with %v", r.Plan.Policy, r.Reasons)
			}
		}
		w.mustApply()
		if r, err := w.orderTransfers(t.Context(), incoming); err != nil || len(r.Plan.Policy) > 0 {
			t.Errorf("%+v, %v", r, err)
		}
		w.bought(2)
	})
}

// TestTransfersUnderChecks: what a check looks at of the names that the account holds is
// read for transfers, too, so that it is decided: they are ordered where it holds, and
// not where it does not.
func TestTransfersUnderChecks(t *testing.T) {
	t.Parallel()
	for condition, ordered := range map[string]int{"== 0": len(incoming), "> 0": 0} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _ := movers(t, simulator.Options{})
				p := loadText(t, fmt.Sprintf("check \"keys\" {\n  assert {\n    condition     = alltrue([for d in live.domains : length(d.ds_records) %s])\n    error_message = \"are others\"\n  }\n}\n", condition))
				p.Prices, p.Budget = w.portfolio.Prices, w.portfolio.Budget
				w.portfolio = p
				r, err := w.orderTransfers(t.Context(), incoming)
				if (err == nil) != (ordered > 0) || len(w.sim.Purchases()) != ordered {
					t.Errorf("%d were ordered, and it ended with %v", len(w.sim.Purchases()), err)
				}
				if failed := r.Plan.Checks; (len(failed) == 0) != (ordered > 0) || len(failed) > 0 && failed[0].Undecided != "" {
					t.Errorf("the checks: %+v", failed)
				}
			})
		})
	}
}
