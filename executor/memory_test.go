package executor

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestStepIsHeldInFewBytes: what an engine holds of each change of a large plan,
// beside the plan and the journal. It measures the heap, so nothing runs beside
// it.
func TestStepIsHeldInFewBytes(t *testing.T) { //nolint:paralleltest // the heap is everybody's
	const n, most = 20_000, 240
	changes := make([]*attr.Change, n)
	for i := range changes {
		changes[i] = delegate(fmt.Sprintf("n%d.example", i), "ns1.example.net", "ns2.example.net")
	}
	cfg := Config{Read: func(context.Context, map[string]snapshot.Facts) (*snapshot.Account, error) { return nil, nil }}
	before := heapInUse()
	e := newEngine(cfg.defaults(), new(journal.Ledger), graphOf(t, 0, changes...))
	e.verifyAsStepsEnd(changes)
	if each := (heapInUse() - before) / n; each > most {
		t.Errorf("the step of a change takes %d bytes, want at most %d", each, most)
	}
	if e.g.unfinished() != n {
		t.Errorf("%d steps are left", e.g.unfinished())
	}
	runtime.KeepAlive(changes)
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
