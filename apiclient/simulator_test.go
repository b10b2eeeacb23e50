package apiclient_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func account(names ...string) *snapshot.Account {
	a := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	for _, name := range names {
		a.Domains = append(a.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns1.example.net", "ns2.example.net"}})
	}
	a.Sort()
	return a
}

func clientOf(t *testing.T, transport http.RoundTripper, change func(*apiclient.Config)) *apiclient.Client {
	t.Helper()
	config := apiclient.Config{Transport: transport, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}}
	if change != nil {
		change(&config)
	}
	c, err := apiclient.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var move = &wire.SaveBatchTaskForModifyingDomainDnsRequest{
	DomainName:       []string{"example.com", "xn--bcher-kva.example"},
	DomainNameServer: []string{"ns1.example.org", "ns2.example.org"},
}

// TestSimulatedRoundTrip changes nameservers and reads what became of it, over
// a real connection.
func TestSimulatedRoundTrip(t *testing.T) {
	s := simulator.New(simulator.Options{Account: account("example.com", "example.net", "xn--bcher-kva.example")})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	c := clientOf(t, nil, func(c *apiclient.Config) { c.Endpoint = server.URL })
	ctx := t.Context()

	list, err := c.QueryDomainList(ctx, &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 200}})
	if err != nil || len(list.Data) != 3 || list.TotalItemNum != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	task, err := c.Submit(ctx, move)
	if err != nil {
		t.Fatal(err)
	}
	poll, err := c.PollTaskResult(ctx, &wire.PollTaskResultRequest{PageNum: 1, PageSize: 1000, TaskNo: task.TaskNo})
	if err != nil || len(poll.Data) != 2 {
		t.Fatalf("%+v, %v", poll, err)
	}
	ack := &wire.AcknowledgeTaskResultRequest{}
	for _, d := range poll.Data {
		if d.Status() != wire.DetailSuccess {
			t.Errorf("%+v", d)
		}
		ack.TaskDetailNo = append(ack.TaskDetailNo, d.TaskDetailNo)
	}
	if acked, err := c.AcknowledgeTaskResult(ctx, ack); err != nil || acked.Result != 2 {
		t.Errorf("%+v, %v", acked, err)
	}
	for _, name := range move.DomainName {
		info, err := c.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: name})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(move.DomainNameServer, info.DNSList); diff != "" || info.DomainName != name {
			t.Errorf("%s: %s", info.DomainName, diff)
		}
	}
	if diff := cmp.Diff(s.Stats(), c.Stats()); diff != "" {
		t.Errorf("the simulator and the client count differently: %s", diff)
	}
}

func TestSimulatedRefusals(t *testing.T) {
	s := simulator.New(simulator.Options{Account: account("example.com")})
	for name, test := range map[string]struct {
		change func(*apiclient.Config)
		faults simulator.Faults
		code   string
		text   string
	}{
		"wrong secret": {func(c *apiclient.Config) {
			c.Credentials = apiclient.Static{AccessKeyID: "testid", Secret: "wrong"}
		}, simulator.Faults{}, "SignatureDoesNotMatch", ""},
		"wrong key": {func(c *apiclient.Config) {
			c.Credentials = apiclient.Static{AccessKeyID: "nobody", Secret: "testsecret"}
		}, simulator.Faults{}, "InvalidAccessKeyId.NotFound", ""},
		"wrong clock": {nil, simulator.Faults{ClockSkew: simulator.Duration(-time.Hour)}, "InvalidTimeStamp.Expired", "The local clock is 1h0m"},
	} {
		if err := s.SetFaults(test.faults); err != nil {
			t.Fatal(err)
		}
		_, err := clientOf(t, s.Transport(), test.change).QueryDomainByDomainName(t.Context(), &wire.QueryDomainByDomainNameRequest{DomainName: "example.com"})
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != test.code || e.RequestID == "" || !strings.Contains(e.Error(), test.text) || !wire.StopsOperation(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSimulatedTrouble makes one call under each fault, and counts what the
// service saved: never more than once for a change.
func TestSimulatedTrouble(t *testing.T) {
	saved := func(n int) map[string]int {
		if n == 0 {
			return map[string]int{}
		}
		all := map[string]int{}
		for _, name := range move.DomainName {
			all[wire.Key(move)+"&DomainName="+name] = n
		}
		return all
	}
	for _, test := range []struct {
		fault simulator.Fault
		want  wire.Outcome
		saved int
		calls int
	}{
		{simulator.Fault{Kind: simulator.Throttle, Count: 3}, wire.Done, 1, 4},
		{simulator.Fault{Kind: simulator.Refuse, Count: 2}, wire.Done, 1, 3},
		{simulator.Fault{Kind: simulator.Reset}, wire.Unknown, 0, 1},
		{simulator.Fault{Kind: simulator.Hang}, wire.Unknown, 0, 1},
		{simulator.Fault{Kind: simulator.Fail5xx}, wire.Unknown, 0, 1},
		{simulator.Fault{Kind: simulator.Lose}, wire.Unknown, 1, 1},
		{simulator.Fault{Kind: simulator.Timeout}, wire.Unknown, 1, 1},
		{simulator.Fault{Kind: simulator.FailAfter}, wire.Unknown, 1, 1},
		{simulator.Fault{Kind: simulator.NoTaskNumber}, wire.Unknown, 1, 1},
		{simulator.Fault{Kind: simulator.Fail5xx, Status: 503, Wait: simulator.Range{Min: time.Second}, Count: 1}, wire.Done, 1, 2},
	} {
		t.Run(fmt.Sprint(test.fault.Kind, test.fault.Status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulator.New(simulator.Options{
					Account: account(move.DomainName...), Faults: simulator.Faults{Rules: []simulator.Fault{test.fault}},
				})
				c := clientOf(t, s.Transport(), nil)
				_, err := c.Submit(t.Context(), move)
				if got := wire.OutcomeOf(err); got != test.want {
					t.Errorf("%v (%v), want %v", got, err, test.want)
				}
				if diff := cmp.Diff(saved(test.saved), s.Saved()); diff != "" {
					t.Errorf("saved: %s", diff)
				}
				if got := c.Stats()["SaveBatchTaskForModifyingDomainDns"]; got != test.calls {
					t.Errorf("%d calls, want %d", got, test.calls)
				}
			})
		})
	}
}

// TestSimulatedThrottling reads an account while every third call is refused,
// and from a service whose limit is half of the configured one.
func TestSimulatedThrottling(t *testing.T) {
	for name, faults := range map[string]simulator.Faults{
		"every third call":   {Rules: []simulator.Fault{{Kind: simulator.Throttle, Every: 3, Wait: simulator.Range{Min: 100 * time.Millisecond}}}},
		"half of what we do": {Limits: map[string]int{"*": 10}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := simulator.New(simulator.Options{Account: account("example.com"), Faults: faults})
			c := clientOf(t, s.Transport(), func(c *apiclient.Config) { c.Limits = func(string) float64 { return 20 } })
			start := time.Now()
			for range 300 {
				if _, err := c.QueryDomainByDomainName(t.Context(), &wire.QueryDomainByDomainNameRequest{DomainName: "example.com"}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			t.Logf("%s: 300 calls in %v", name, time.Since(start))
		})
	}
}
