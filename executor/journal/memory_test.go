package journal

import (
	"fmt"
	"runtime"
	"testing"
)

// TestResultIsHeldOnce: what a ledger holds of a result is little more than the
// result. It measures the heap, so nothing runs beside it.
func TestResultIsHeldOnce(t *testing.T) { //nolint:paralleltest // the heap is everybody's
	const batches, size, most = 20, 1000, 160
	intents, results := make([]Intent, batches), make([][]Result, batches)
	for i := range intents {
		intents[i].Batch = int64(i + 1)
		for j := range size {
			step := fmt.Sprintf("n%d-%d.example/nameservers#set", i, j)
			intents[i].Steps = append(intents[i].Steps, step)
			results[i] = append(results[i], Result{Batch: int64(i + 1), Step: step, Detail: fmt.Sprint("detail", i*size+j), Success: true})
		}
	}
	l := newLedger(nil, Run{})
	for _, n := range intents {
		l.intended(n)
	}
	before := heap()
	for _, some := range results {
		for _, r := range some {
			l.settled(r)
		}
	}
	each := (heap() - before) / (batches * size)
	if each > most {
		t.Errorf("a result takes %d bytes, want at most %d", each, most)
	}
	if _, ok := l.Batches[3].Result(intents[3].Steps[7]); !ok || !l.Known("detail3007") {
		t.Error("a result is not known")
	}
	runtime.KeepAlive(results)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
