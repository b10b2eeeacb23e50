package reader_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner/reader"
)

// remembering is a service that remembers its answers as long as somebody else
// does.
type remembering struct {
	*apiclient.Client
	infos   *[]weak.Pointer[wire.QueryDomainByDomainNameResponse]
	wallets *[]weak.Pointer[wire.QueryEnsAssociationResponse]
}

func (r remembering) QueryDomainByDomainName(ctx context.Context, req *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error) {
	resp, err := r.Client.QueryDomainByDomainName(ctx, req)
	*r.infos = append(*r.infos, weak.Make(resp))
	return resp, err
}

func (r remembering) QueryEnsAssociation(ctx context.Context, req *wire.QueryEnsAssociationRequest) (*wire.QueryEnsAssociationResponse, error) {
	resp, err := r.Client.QueryEnsAssociation(ctx, req)
	*r.wallets = append(*r.wallets, weak.Make(resp))
	return resp, err
}

// TestWhatWasReadKeepsNoAnswer: the state of an account is small beside the
// answers that tell it, and keeps none of them.
func TestWhatWasReadKeepsNoAnswer(t *testing.T) {
	t.Parallel()
	all, facts := new(snapshot.Account), make(map[string]snapshot.Facts)
	for i := range 20 {
		d := live(fmt.Sprintf("name%02d.luxe", i), "ns1.example.net") // a suffix that has wallets
		all.Domains = append(all.Domains, d)
		facts[d.Name] = snapshot.Nameservers | snapshot.Privacy | snapshot.Wallet
	}
	client := connect(t, simulator.New(simulator.Options{Account: all}), nil)
	r := remembering{client, new([]weak.Pointer[wire.QueryDomainByDomainNameResponse]), new([]weak.Pointer[wire.QueryEnsAssociationResponse])}
	state, err := reader.FetchNames(t.Context(), r, facts, reader.Options{Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	kept := 0
	for i := range *r.infos {
		if (*r.infos)[i].Value() != nil {
			kept++
		}
	}
	for i := range *r.wallets {
		if (*r.wallets)[i].Value() != nil {
			kept++
		}
	}
	if len(*r.infos) != 20 || len(*r.wallets) != 20 || state.Domains[0].Privacy == nil || state.Domains[0].ENSAddress == nil {
		t.Errorf("%d and %d answers came, of the first name they say %+v", len(*r.infos), len(*r.wallets), state.Domains[0])
	}
	if kept > 2 { // the last ones may still be in use
		t.Errorf("%d of 40 answers are kept", kept)
	}
	runtime.KeepAlive(state)
}

// TestEqualNameserversAreHeldOnce: names with the same nameservers share one set,
// whether a list tells it or the names themselves do, and others keep their own.
func TestEqualNameserversAreHeldOnce(t *testing.T) {
	t.Parallel()
	all, facts := new(snapshot.Account), make(map[string]snapshot.Facts)
	for i := range 30 {
		d := live(fmt.Sprintf("name%02d.com", i), fmt.Sprintf("ns%d.example.net", i%3), "ns9.example.net")
		all.Domains = append(all.Domains, d)
		facts[d.Name] = snapshot.Nameservers
	}
	client := connect(t, simulator.New(simulator.Options{Account: all}), nil)
	state, err := reader.FetchNames(t.Context(), client, facts, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	held := make(map[*string]string)
	for i := range state.Domains {
		d := &state.Domains[i]
		if want := all.Domains[i].Nameservers; len(d.Nameservers) != 2 || d.Nameservers[0] != want[0] || d.Nameservers[1] != want[1] {
			t.Errorf("%s has %v, want %v", d.Name, d.Nameservers, want)
		}
		held[&d.Nameservers[0]] = d.Name
	}
	if len(held) != 3 {
		t.Errorf("%d sets are held of 3", len(held))
	}
}
