package reader_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// TestTransfersAreReadForMissingNames: the account's transfers are read where a
// declared name is missing, and a name on its way is waiting.
func TestTransfersAreReadForMissingNames(t *testing.T) {
	p := portfolio(declare("arriving.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}),
		declare("name00000.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}),
		declare("nowhere.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}))
	options := simulator.Options{Account: held(1), TransfersIn: []simulator.TransferIn{{Name: "arriving.com"}, {Name: "other.com"}}}
	options.Account.Domains[0].TransferOut = wire.TransferOutPending
	sim := simulator.New(options)
	live, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.TransferIn{{Domain: "arriving.com", State: wire.TransferInSubmitted}, {Domain: "other.com", State: wire.TransferInSubmitted}}
	if diff := cmp.Diff(want, live.TransfersIn); diff != "" {
		t.Error(diff)
	}
	if calls := sim.Stats()["QueryTransferInList"]; calls != 5 {
		t.Errorf("%d calls for five states", calls)
	}
	plan := planner.Diff(planner.Input{Portfolio: p, Live: live})
	if !cmp.Equal(plan.Missing, []string{"nowhere.com"}) || plan.Count(attr.Waiting) != 1 || len(plan.Diagnostics) != 0 || len(plan.Threats) != 1 {
		t.Errorf("missing %v, waiting %d, diagnostics %v, threats %v", plan.Missing, plan.Count(attr.Waiting), plan.Diagnostics, plan.Threats)
	}
	// The names of one target are all there: nothing is asked.
	only := planner.SelectNames([]string{"name00000.com"})
	if _, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{Only: only}); err != nil {
		t.Fatal(err)
	}
	if calls := sim.Stats()["QueryTransferInList"]; calls != 5 {
		t.Errorf("%d calls though no name is missing", calls)
	}
}

// TestOnlyTransfersUnderWayAreRead: the pages of those that ended long ago are
// not, whatever their number, and what is under way is found in each state.
func TestOnlyTransfersUnderWayAreRead(t *testing.T) {
	p := portfolio(declare("nowhere.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}))
	known := wire.SimpleTransferInStatus("").Known()
	for ended, calls := range map[int]int{0: 5, 500: 5} {
		r := &transferList{Service: connect(t, simulator.New(simulator.Options{Account: held(1)}), nil)}
		for i := range ended {
			r.all = append(r.all, wire.TransferIn{DomainName: fmt.Sprintf("old%d.com", i), SimpleTransferInStatus: wire.SimpleTransferInStatus(known[5+i%2])})
		}
		for i, state := range known[:5] {
			r.all = append(r.all, wire.TransferIn{DomainName: fmt.Sprintf("new%d.com", i), SimpleTransferInStatus: wire.SimpleTransferInStatus(state)})
		}
		live, err := reader.Fetch(t.Context(), r, p, reader.Options{PageSize: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(live.TransfersIn) != 5 || r.calls != calls {
			t.Errorf("of %d that ended and 5 that did not %v are found, in %d calls", ended, live.TransfersIn, r.calls)
		}
		for i, got := range live.TransfersIn {
			if want := (snapshot.TransferIn{Domain: fmt.Sprintf("new%d.com", i), State: wire.SimpleTransferInStatus(known[i])}); got != want {
				t.Errorf("found is %v, want %v", got, want)
			}
		}
	}
}

// transferList answers as a service does that has many transfers.
type transferList struct {
	reader.Service
	all   []wire.TransferIn
	calls int
}

func (l *transferList) QueryTransferInList(_ context.Context, r *wire.QueryTransferInListRequest) (*wire.QueryTransferInListResponse, error) {
	l.calls++
	found := slices.DeleteFunc(slices.Clone(l.all), func(t wire.TransferIn) bool {
		return r.SimpleTransferInStatus != "" && t.SimpleTransferInStatus != r.SimpleTransferInStatus
	})
	from := min((r.PageNum-1)*r.PageSize, len(found))
	to := min(from+r.PageSize, len(found))
	return &wire.QueryTransferInListResponse{Paged: wire.Paged{NextPage: to < len(found)}, Data: found[from:to]}, nil
}

// TestTransfersThatCannotBeReadStopNoPlan: a key may not be allowed to ask.
func TestTransfersThatCannotBeReadStopNoPlan(t *testing.T) {
	p := portfolio(declare("nowhere.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}))
	sim := simulator.New(simulator.Options{Account: held(1), Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.Fail5xx, Operation: "QueryTransferInList", Status: 403, Code: "Forbidden.RAM"},
	}}})
	live, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if live.TransfersIn != nil || len(live.Failures) != 1 || live.Failures[0].Operation != "QueryTransferInList" {
		t.Errorf("transfers %v, failures %+v", live.TransfersIn, live.Failures)
	}
}
