package simulator_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestManyClientsAtOnce: each name ends in the state that its client asked for
// last, and each result is acknowledged once.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	const clients = 200
	s, base := inProcess(t, simulator.Options{Account: portfolio(clients)})
	var wg sync.WaitGroup
	acknowledged := make([]int, clients)
	for i, d := range portfolio(clients).Domains {
		wg.Go(func() {
			c := *base
			for _, status := range []string{"true", "false", "true"} {
				task := c.save(transferLock, []string{d.Name}, "Status="+status)
				results := c.poll("TaskNo=" + task)
				if len(results) != 1 {
					t.Errorf("%d results of one name", len(results))
					return
				}
				acknowledged[i] += call[wire.AcknowledgeTaskResultResponse](&c, "AcknowledgeTaskResult", "TaskDetailNo.1="+results[0].TaskDetailNo).Result
			}
			call[wire.QueryDomainListResponse](&c, "QueryDomainList", "PageNum=1", "PageSize=50")
			s.State()
		})
	}
	wg.Wait()
	for i, d := range s.State().Domains {
		if !d.TransferLock.On() || acknowledged[i] != 3 {
			t.Errorf("%s: %s, %d acknowledged", d.Name, d.TransferLock, acknowledged[i])
		}
	}
	if n := len(s.Results()); n != 0 {
		t.Errorf("%d results are left", n)
	}
	if got := s.Stats(); got[transferLock] != 3*clients || got["QueryDomainList"] != clients {
		t.Errorf("stats %v", got)
	}
}

// govZone is the account of the real zone, or one of the same size.
func govZone(t testing.TB) *snapshot.Account {
	t.Helper()
	a, err := snapshot.ReadZoneFile("../../../shared/data/gov/gov-2026-02-06.zone.gz", "")
	if errors.Is(err, fs.ErrNotExist) {
		return portfolio(15_146)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Account
}

// TestRealPortfolio walks a real account as a plan does.
func TestRealPortfolio(t *testing.T) {
	t.Parallel()
	a := govZone(t)
	_, c := inProcess(t, simulator.Options{Account: a})
	var all []string
	for page, more := 1, true; more; page++ {
		got := call[wire.QueryDomainListResponse](c, "QueryDomainList", fmt.Sprintf("PageNum=%d", page), "PageSize=200", "OrderByType=ASC")
		all = append(all, names(got.Data)...)
		more = got.More(page)
	}
	slices.Sort(all)
	for i, d := range a.Domains {
		if i >= len(all) || all[i] != d.Name {
			t.Fatalf("%d names are listed, not %d; %s is missing", len(all), len(a.Domains), d.Name)
		}
		if i%50 == 0 {
			if got := c.info(d.Name); !slices.Equal(got.DNSList, d.Nameservers) {
				t.Errorf("%s: %v, want %v", d.Name, got.DNSList, d.Nameservers)
			}
		}
	}
}

func BenchmarkLoadZone(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/gov/gov-2026-02-06.zone.gz")
	if errors.Is(err, fs.ErrNotExist) {
		b.Skip("the real zone is not at hand")
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a, err := snapshot.ReadZone(bytes.NewReader(text), "")
		if err != nil {
			b.Fatal(err)
		}
		simulator.New(simulator.Options{Account: a.Account})
	}
}

// BenchmarkCalls measures calls side by side, those of the client included.
func BenchmarkCalls(b *testing.B) {
	s, c := inProcess(b, simulator.Options{Account: portfolio(15_000)})
	server := httptest.NewServer(s.Handler())
	b.Cleanup(server.Close)
	overHTTP := *c
	overHTTP.url = server.URL + "/"
	overHTTP.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for name, params := range map[string][]string{
		"one":  {"QueryDomainByDomainName", "DomainName=name-000007.example"},
		"list": {"QueryDomainList", "PageNum=40", "PageSize=200"},
		"save": append([]string{transferLock, "Status=true"}, list("DomainName", "name-000001.example", "name-000002.example")...),
	} {
		for kind, c := range map[string]*client{"inprocess": c, "http": &overHTTP} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if _, _, err := c.send(params[0], params[1:]...); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
