package reader_test

import (
	"context"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// countedTasks are the tasks of nobody else, and how often they were asked for.
type countedTasks struct{ asked int }

func (c *countedTasks) Tasks(context.Context) (*snapshot.Tasks, error) {
	c.asked++
	return &snapshot.Tasks{}, nil
}

func (*countedTasks) Orders(context.Context, time.Time) ([]snapshot.Order, error) { return nil, nil }

// TestHistoryHoldsBackReads: where the journal alone says that nothing is changed
// now, nobody asks what others are doing.
func TestHistoryHoldsBackReads(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{
		Faults:  simulator.Faults{LimitProfile: "none"},
		Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com", Expires: time.Now().AddDate(1, 0, 0)}}},
	})
	p := portfolio(declare("example.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}))
	for name, test := range map[string]struct {
		history planner.History
		asked   int
	}{
		"nothing known":    {planner.History{}, 1},
		"another in doubt": {planner.History{InDoubt: map[string]string{"example.net/transfer_lock": "it is not known"}}, 1},
		"it is in doubt":   {planner.History{InDoubt: map[string]string{"example.com/transfer_lock": "it is not known"}}, 0},
	} {
		var others countedTasks
		if _, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{Others: &others, History: test.history}); err != nil {
			t.Fatal(err)
		}
		if others.asked != test.asked {
			t.Errorf("%s: the tasks were asked for %d times, not %d", name, others.asked, test.asked)
		}
	}
}
