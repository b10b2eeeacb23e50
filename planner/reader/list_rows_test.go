package reader_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner/reader"
)

// lister is a service whose pages of the list of names are altered.
type lister struct {
	*apiclient.Client
	alter func(page int, resp *wire.QueryDomainListResponse) error
}

func (s lister) QueryDomainList(ctx context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	resp, err := s.Client.QueryDomainList(ctx, r)
	if err == nil {
		err = s.alter(r.PageNum, resp)
	}
	return resp, err
}

// served is an account of names that have a nameserver.
func served(n int) *snapshot.Account {
	a := held(n)
	for i := range a.Domains {
		a.Domains[i].Nameservers = []string{"ns1.example.org"}
	}
	return a
}

// TestFetchRows: the list is read once, page by page, and tells of the wanted
// names what their rows tell, however it shifts.
func TestFetchRows(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: served(25), Readings: simulator.Readings{ListedNameservers: "Dns"}})
	for name, tc := range map[string]struct {
		alter func(page int, resp *wire.QueryDomainListResponse) error
		rows  int  // of wanted names
		told  bool // their nameservers
		fails bool
	}{
		"whole": {rows: 20, told: true},
		"a total that changes": {rows: 20, told: true, alter: func(page int, resp *wire.QueryDomainListResponse) error {
			resp.TotalItemNum += page - 1
			return nil
		}},
		"a row that moved to another page": {rows: 19, told: true, alter: func(page int, resp *wire.QueryDomainListResponse) error {
			if page == 2 {
				resp.Data = resp.Data[1:]
			}
			return nil
		}},
		"no nameservers": {rows: 20, alter: func(_ int, resp *wire.QueryDomainListResponse) error {
			for i := range resp.Data {
				resp.Data[i].DNSList = nil
			}
			return nil
		}},
		"refused": {fails: true, alter: func(page int, _ *wire.QueryDomainListResponse) error {
			if page == 2 {
				return errors.New("not now")
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.alter == nil {
				tc.alter = func(int, *wire.QueryDomainListResponse) error { return nil }
			}
			before := sim.Stats()["QueryDomainList"]
			var rows []snapshot.Domain
			wanted := func(name string) bool { return name < "name00020.com" }
			err := reader.FetchRows(t.Context(), lister{connect(t, sim, nil), tc.alter}, "QueryDomainList", 25, wanted, reader.Options{PageSize: 10}, func(page []snapshot.Domain) {
				rows = append(rows, page...)
			})
			if tc.fails {
				if err == nil {
					t.Error("it did not fail")
				}
				return
			}
			if err != nil || len(rows) != tc.rows || slices.ContainsFunc(rows, func(d snapshot.Domain) bool {
				return d.Has(snapshot.Nameservers) != tc.told || d.FromList != d.Known(d.FromList)
			}) {
				t.Errorf("got %d rows, want %d that tell nameservers: %v (%v)", len(rows), tc.rows, tc.told, err)
			}
			if calls := sim.Stats()["QueryDomainList"] - before; calls != 3 {
				t.Errorf("%d calls for 3 pages", calls)
			}
		})
	}
}

// TestFetchRowsByAScroll: a scroll tells of the wanted names what its rows tell, and a
// service that has none says so.
func TestFetchRowsByAScroll(t *testing.T) {
	t.Parallel()
	for newer, want := range map[string]int{"present": 900, "absent": 0} {
		sim := simulator.New(simulator.Options{
			Faults: simulator.Faults{LimitProfile: "none"}, Account: served(1200), Readings: simulator.Readings{NewerOperations: newer},
		})
		rows := 0
		wanted := func(name string) bool { return name < "name00900.com" }
		err := reader.FetchRows(t.Context(), connect(t, sim, nil), "ScrollDomainList", 1200, wanted, reader.Options{}, func(page []snapshot.Domain) {
			for _, d := range page {
				if d.Has(snapshot.Nameservers) {
					rows++
				}
			}
		})
		if rows != want || (err == nil) != (want > 0) || sim.Stats()["ScrollDomainList"] > 4 {
			t.Errorf("%s: %d rows with nameservers by %d calls, want %d (%v)", newer, rows, sim.Stats()["ScrollDomainList"], want, err)
		}
	}
}

// TestWhatTheListTold: a reading keeps which facts stand as rows of the list told
// them. A row that was contradicted by the answer about the name is not one.
func TestWhatTheListTold(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: served(3), Readings: simulator.Readings{ListedNameservers: "Dns"}})
	servers := attr.NewNameserverSet([]string{"ns9.example.org"})
	p := portfolio()
	for i := range 3 {
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), map[string]attr.Value{"nameservers": servers, "transfer_lock": attr.Bool(true)}))
	}
	late := lister{connect(t, sim, nil), func(_ int, resp *wire.QueryDomainListResponse) error {
		for i := range resp.Data {
			switch resp.Data[i].DomainName {
			case "name00001.com":
				resp.Data[i].DNSList = []string{"ns8.example.org"} // from before
			case "name00002.com":
				resp.Data[i].DNSList = nil
			}
		}
		return nil
	}}
	got, err := reader.Fetch(t.Context(), late, p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rest := snapshot.Expiry | snapshot.Status | snapshot.PriceKind | snapshot.AutoRenew
	for i, want := range []snapshot.Facts{rest | snapshot.Nameservers, rest, rest} {
		if d := got.Domains[i]; d.FromList != want || !d.Has(snapshot.Nameservers) {
			t.Errorf("%s: the list told %v, want %v", d.Name, d.FromList.Names(), want.Names())
		}
	}
}
