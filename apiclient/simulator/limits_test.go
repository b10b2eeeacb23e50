package simulator_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestLimitProfiles counts the calls that pass in a second.
func TestLimitProfiles(t *testing.T) {
	t.Parallel()
	const many = 60
	for _, test := range []struct {
		name   string
		faults simulator.Faults
		want   map[string]int
	}{
		{"by default", simulator.Faults{}, map[string]int{"CheckDomain": 10, "QueryDnsHost": many, transferLock: many}},
		{"none", simulator.Faults{LimitProfile: simulator.NoLimits}, map[string]int{"CheckDomain": many}},
		{"strict", simulator.Faults{LimitProfile: simulator.StrictLimits}, map[string]int{
			"CheckDomain": 10, "QueryDnsHost": 10, "QueryDomainByDomainName": 50, transferLock: 5, "SaveBatchTaskForCreatingOrderRenew": 2,
		}},
		{"a limit for all others", simulator.Faults{Limits: map[string]int{"*": 3}}, map[string]int{"CheckDomain": 10, "QueryDnsHost": 3}},
		{
			"a limit of its own",
			simulator.Faults{LimitProfile: simulator.StrictLimits, Limits: map[string]int{"*": 3, "CheckDomain": 20}},
			map[string]int{"CheckDomain": 20, "QueryDnsHost": 10},
		},
	} {
		for operation, want := range test.want {
			synctest.Test(t, func(t *testing.T) {
				_, c := inProcess(t, simulator.Options{Account: three(), Faults: test.faults})
				for range 2 {
					passed := 0
					for range many {
						if outcome(c, operation) != "Throttling.User" {
							passed++
						}
					}
					if passed != want {
						t.Errorf("%s: %s passed %d times, want %d", test.name, operation, passed, want)
					}
					time.Sleep(time.Second)
				}
			})
		}
	}
}

// TestEveryOperationHasLimitsDelaysAndFailures: the strict profile leaves none
// out, and each can be limited, delayed and refused by itself.
func TestEveryOperationHasLimitsDelaysAndFailures(t *testing.T) {
	t.Parallel()
	for _, o := range wire.Operations() {
		synctest.Test(t, func(t *testing.T) {
			_, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{LimitProfile: simulator.StrictLimits}})
			for calls := 1; outcome(c, o.Name) != "Throttling.User"; calls++ {
				if calls > 50 {
					t.Fatalf("%s is not limited", o.Name)
				}
			}
		})
		synctest.Test(t, func(t *testing.T) {
			_, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{
				Limits: map[string]int{o.Name: 2},
				Rules: []simulator.Fault{
					{Kind: simulator.Delay, Operation: o.Name, Count: 1, Wait: simulator.Range{Min: 3 * time.Second}},
					{Kind: simulator.Fail5xx, Operation: o.Name, From: 2, Count: 1, Status: 503},
				},
			}})
			began := time.Now()
			if outcome(c, o.Name); time.Since(began) != 3*time.Second {
				t.Errorf("%s took %v", o.Name, time.Since(began))
			}
			if got := outcome(c, o.Name); got != "ServiceUnavailable" {
				t.Errorf("%s: %q, want a failure", o.Name, got)
			}
			outcome(c, o.Name)
			if got := outcome(c, o.Name); got != "Throttling.User" {
				t.Errorf("%s: %q, want its limit", o.Name, got)
			}
		})
	}
}

// outcome makes a call without parameters and returns the code of its refusal.
func outcome(c *client, operation string) string {
	_, body, err := c.send(operation)
	if err != nil {
		c.t.Fatal(err)
	}
	var e struct{ Code string }
	if err := json.Unmarshal(body, &e); err != nil {
		c.t.Fatalf("%v: %s", err, body)
	}
	return e.Code
}
