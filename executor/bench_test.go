package executor_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// BenchmarkRun applies plans against the simulator in process, without limits:
// what the executor, its journal, the client and the simulator cost together.
func BenchmarkRun(b *testing.B) {
	for _, size := range []struct{ names, keys int }{{1_000, 1}, {10_000, 1}, {10_000, 1_000}} {
		if testing.Short() && size.names > 1_000 {
			continue
		}
		b.Run(fmt.Sprintf("names=%d/keys=%d", size.names, size.keys), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				run := prepared(b, size.names, size.keys)
				b.StartTimer()
				r, err := run()
				if err != nil || exitOf(r) != 0 {
					b.Fatalf("%v: %+v", err, r)
				}
			}
			b.ReportMetric(float64(b.N*size.names)/b.Elapsed().Seconds(), "names/s")
		})
	}
}

// prepared returns a run of a plan that changes the nameservers of names to as
// many different sets as there are keys.
func prepared(b *testing.B, n, keys int) func() (*executor.Report, error) {
	names := many(n)
	for i := range names {
		names[i].want = []string{fmt.Sprintf("ns%d.example.net", 1+i%keys)}
	}
	sim := simulator.New(simulator.Options{Account: accountOf(names)})
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: sim.Transport(),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	facts := make(map[string]snapshot.Facts)
	for _, n := range names {
		facts[n.name] = snapshot.Nameservers | snapshot.Locks | snapshot.DSRecords
	}
	live, err := reader.FetchNames(ctx, client, facts, reader.Options{})
	if err != nil {
		b.Fatal(err)
	}
	plan := planner.Diff(planner.Input{Portfolio: portfolioOf(names), Live: live})
	j, err := journal.Open(ctx, b.TempDir(), journal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return func() (*executor.Report, error) {
		return executor.Run(ctx, plan, executor.Config{
			Service: client, Journal: j, Log: slog.New(slog.DiscardHandler),
			Read: func(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
				return reader.FetchNames(ctx, client, facts, reader.Options{})
			},
		})
	}
}
