package executor

import (
	"fmt"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config/attr"
)

// BenchmarkGraph schedules changes of locked names from the first to the last
// step, without a service.
func BenchmarkGraph(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		if testing.Short() && n > 10_000 {
			continue
		}
		b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) {
			var changes []*attr.Change
			for i := range n {
				changes = append(changes, locked(fmt.Sprintf("n%d.example", i), fmt.Sprintf("ns%d.example.net", i%100))...)
			}
			b.ReportAllocs()
			for b.Loop() {
				g := graphOf(b, 0, changes...)
				for now := noon; g.unfinished() > 0; now = now.Add(time.Second) {
					batches, _ := g.cutBatches(now, 2*second)
					send(g, batches)
					for _, batch := range batches {
						for _, n := range batch {
							g.finish(n, endDone, "", now)
						}
					}
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "names/s")
		})
	}
}
