package limits

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// TestKeysAreForgotten: a process lives for months, and has new temporary keys each hour.
func TestKeysAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(Memory)
		m := New(l, clock.Clock{}, slog.New(slog.DiscardHandler))
		for hour := range 48 {
			for n := range 10 {
				if err := m.Wait(t.Context(), fmt.Sprintf("key %d of hour %d", n, hour), "A", 10); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Hour)
		}
		if len(m.places) > 30 || len(l.rows) > 30 {
			t.Errorf("%d keys wait in line, and %d are counted", len(m.places), len(l.rows))
		}
	})
}
