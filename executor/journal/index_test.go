package journal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBatchFindsByIndex: where a name or a step stands in a batch is found in an
// index that is made once, whatever their order, and a text that stands twice is
// found where it stands first.
func TestBatchFindsByIndex(t *testing.T) {
	t.Parallel()
	const n = 1000
	var sorted []string
	for i := range n {
		sorted = append(sorted, fmt.Sprintf("n%04d.example", i))
	}
	shuffled := slices.Clone(sorted)
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, texts := range [][]string{nil, {"one.example"}, sorted, shuffled, append(slices.Clone(shuffled), shuffled[7]), append(slices.Clone(sorted), sorted[n-1])} {
		b := newBatch(Intent{Names: texts, Steps: texts})
		first := make(map[string]int)
		for i, s := range texts {
			if _, ok := first[s]; !ok {
				first[s] = i
			}
		}
		names, steps := b.names, b.steps
		for s, want := range first {
			if name, step := b.FindName(s), b.findStep(s); name != want || step != want {
				t.Fatalf("of %d texts, %s is name %d and step %d, want %d", len(texts), s, name, step, want)
			}
			if names != nil && (names != b.names || steps != b.steps) {
				t.Fatal("an index was made again")
			}
			names, steps = b.names, b.steps
		}
		if at := b.FindName("other.example"); at != -1 {
			t.Errorf("another name stands at %d", at)
		}
	}
}

// TestResultsAreAsTheyCame: a batch tells of results what it was told, the first of
// a step and those that belong to none of its steps included.
func TestResultsAreAsTheyCame(t *testing.T) {
	t.Parallel()
	b := newBatch(Intent{Batch: 7, Steps: []string{"b.example/nameservers#set", "a.example/nameservers#set"}})
	told := []Result{
		{Batch: 7, Detail: "1", Step: "a.example/nameservers#set", Message: "no", RequestID: "r1", At: fromMillis(1_800_000_000_123)},
		{Batch: 7, Detail: "2", At: fromMillis(1_800_000_000_124), Success: true},
		{Batch: 7, Detail: "3", Step: "a.example/nameservers#set", Success: true},
		{Batch: 7, Detail: "4", Step: "b.example/nameservers#set", Success: true, RequestID: "r2"},
		{Batch: 7, Detail: "5", Step: "c.example/nameservers#set", Message: "of another batch"},
	}
	for _, r := range told {
		b.settled(r)
	}
	if got := slices.Collect(b.Results()); !slices.Equal(got, told) {
		t.Errorf("results are\n%+v, want\n%+v", got, told)
	}
	for step, want := range map[string]Result{"a.example/nameservers#set": told[0], "b.example/nameservers#set": told[3]} {
		if got, ok := b.Result(step); !ok || got != want {
			t.Errorf("of %s it tells %+v, want %+v", step, got, want)
		}
	}
	if _, ok := b.Result(""); ok {
		t.Error("there is a result of no step")
	}
}
