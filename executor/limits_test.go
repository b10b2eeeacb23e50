package executor_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
)

// TestWaitingForATurnIsNoTry: under a limit so low that requests wait longer for
// their turn than one may, again and again, all of them are made in the end.
func TestWaitingForATurnIsNoTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := many(12)
		for i := range names { // a request each
			names[i].want = []string{fmt.Sprintf("ns%d.example.net", i), "ns.example.net"}
		}
		w := newWorld(t, names, simulator.Options{})
		client, err := apiclient.New(apiclient.Config{
			Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: w.sim.Transport(),
			Limits: func(operation string) float64 {
				if operation == setDNS {
					return 1 / (4 * time.Minute).Seconds()
				}
				return 0
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.client = client
		began := time.Now()
		w.counts(w.mustApply(), standings{executor.Verified: len(names)}, 0)
		if took := time.Since(began); took < 44*time.Minute || took > time.Hour {
			t.Errorf("it took %s", took)
		}
		w.converged()
	})
}
