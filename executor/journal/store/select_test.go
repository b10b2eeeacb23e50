package store_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestSelectorSelectsAlike: what is prepared for many records selects the same ones.
func TestSelectorSelectsAlike(t *testing.T) {
	t.Parallel()
	text, number := rapid.SampledFrom([]string{"", "a", "b", "c"}), rapid.Int64Range(0, 3)
	lists := rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(text, 0, 3))
	rapid.Check(t, func(t *rapid.T) {
		q := store.Query{
			Kinds: lists.Draw(t, "kinds"), Keys: lists.Draw(t, "keys"), Run: number.Draw(t, "run"), Since: number.Draw(t, "since"),
			Batches: rapid.OneOf(rapid.Just[[]int64](nil), rapid.SliceOfN(number, 0, 3)).Draw(t, "batches"),
		}
		r := store.Record{
			Kind: text.Draw(t, "kind"), Key: text.Draw(t, "key"), Run: number.Draw(t, "of run"), Batch: number.Draw(t, "batch"), At: number.Draw(t, "at"),
		}
		if got, want := q.Selector()(&r), q.Selects(&r); got != want {
			t.Errorf("%+v of %+v: %v, want %v", r, q, got, want)
		}
	})
}

// BenchmarkSelector asks for as many keys as there are records: twice as many take
// twice as long.
func BenchmarkSelector(b *testing.B) {
	for _, n := range []int{10_000, 20_000} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			records, q := make([]store.Record, n), store.Query{Keys: make([]string, n)}
			for i := range records {
				records[i].Key, q.Keys[i] = fmt.Sprint("task", i), fmt.Sprint("task", n-i)
			}
			for b.Loop() {
				found, selects := 0, q.Selector()
				for i := range records {
					if selects(&records[i]) {
						found++
					}
				}
				if found != n-1 {
					b.Fatalf("found %d", found)
				}
			}
		})
	}
}
