package memory_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestConformance holds that a state in memory is a store, for as long as its process
// lives.
func TestConformance(t *testing.T) {
	var states memory.States
	journaltest.Run(t, journaltest.Kind{
		New: func(t *testing.T) string { return t.TempDir() },
		Open: func(ctx context.Context, place string, o store.Options) (store.Store, error) {
			return states.State(fmt.Sprintf("%q", []string{place, o.Endpoint, o.Account})).Open(ctx, o)
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
