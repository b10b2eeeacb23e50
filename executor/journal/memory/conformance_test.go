package memory_test

import (
	"context"
	"sync"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// places are states by the place and the account that a test names.
type places struct {
	mu     sync.Mutex
	states map[[3]string]*memory.State
}

func (p *places) of(place string, o store.Options) *memory.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [3]string{place, o.Endpoint, o.Account}
	if p.states[key] == nil {
		p.states[key] = memory.New()
	}
	return p.states[key]
}

// TestConformance holds that a state in memory is a store, for as long as its process
// lives.
func TestConformance(t *testing.T) {
	p := places{states: make(map[[3]string]*memory.State)}
	journaltest.Run(t, journaltest.Kind{
		New: func(t *testing.T) string { return t.TempDir() },
		Open: func(ctx context.Context, place string, o store.Options) (store.Store, error) {
			return p.of(place, o).Open(ctx, o)
		},
		OfProcess: true,
	})
}

// TestBlobs holds that a state in memory keeps pieces of data.
func TestBlobs(t *testing.T) {
	s := memory.New()
	journaltest.RunBlobs(t, func(_ context.Context, kind string, _ store.Options) (store.Blobs, error) {
		return s.OpenBlobs(kind)
	}, false)
}
