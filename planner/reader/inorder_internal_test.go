package reader

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestTheFirstThatFailsIsTold: whatever takes how long, the error is that of the
// first in order which fails, none behind it goes on, and all before it do.
func TestTheFirstThatFailsIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, parallel := rapid.IntRange(0, 30).Draw(t, "n"), rapid.IntRange(1, 8).Draw(t, "parallel")
		takes := rapid.SliceOfN(rapid.IntRange(0, 50), n, n).Draw(t, "milliseconds")
		fails := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "fails")
		first := 0
		for first < n && !fails[first] {
			first++
		}
		var under, most, done atomic.Int32
		err := inOrder(context.Background(), n, parallel, func(ctx context.Context, i int) error {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			select {
			case <-time.After(time.Duration(takes[i]) * time.Microsecond):
			case <-ctx.Done():
				if i < first {
					t.Errorf("%d was ended although nothing before it failed", i)
				}
				return ctx.Err()
			}
			if fails[i] {
				return fmt.Errorf("%d failed", i)
			}
			if i < first {
				done.Add(1)
			}
			return nil
		})
		want := "<nil>"
		if first < n {
			want = fmt.Sprintf("%d failed", first)
		}
		if got := fmt.Sprint(err); got != want {
			t.Errorf("the error is %s, want %s", got, want)
		}
		if int(done.Load()) != first || int(most.Load()) > parallel {
			t.Errorf("%d of the %d before it were made, %d at once of at most %d", done.Load(), first, most.Load(), parallel)
		}
	})
}

// TestWhatIsBehindAFailureEnds at once, however long it would take.
func TestWhatIsBehindAFailureEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := inOrder(t.Context(), 100, 4, func(ctx context.Context, i int) error {
			if i == 1 {
				return fmt.Errorf("%d failed", i)
			}
			wait := time.Second
			if i > 1 {
				wait = time.Hour
			}
			select {
			case <-time.After(wait):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err == nil || err.Error() != "1 failed" || time.Since(began) > time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
