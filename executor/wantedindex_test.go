package executor

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// wantedOperations are some whose tasks look different, alike, like none, or that
// save none.
var wantedOperations = []string{
	"SaveBatchTaskForModifyingDomainDns", "SaveBatchTaskForTransferProhibitionLock", "SaveBatchTaskForUpdateProhibitionLock",
	"SaveSingleTaskForCreatingOrderRenew", "SetupDomainAutoRenew",
}

// drawWanted draws batches without an answer.
func drawWanted(r *rand.Rand, n int) (all []wanted) {
	for i := range n {
		from := noon.Add(time.Duration(r.IntN(60)) * time.Minute)
		w := wanted{batch: int64(i + 1), operation: wire.Lookup(wantedOperations[r.IntN(len(wantedOperations))]), from: from, to: from.Add(time.Duration(r.IntN(60)) * time.Minute)}
		for range 1 + r.IntN(3) {
			w.names = append(w.names, fmt.Sprintf("n%d.example", r.IntN(4)))
		}
		slices.Sort(w.names)
		all = append(all, w)
	}
	return all
}

// savedBy returns a type of task that an operation saves, "" where it saves none.
func savedBy(o *wire.Operation) wire.TaskType {
	for _, kind := range wire.TaskType("").Known() {
		if o.Saves(wire.TaskType(kind)) {
			return wire.TaskType(kind)
		}
	}
	return ""
}

// drawCandidate draws a task that may be of one of some batches, with its names as
// far as it tells them.
func drawCandidate(r *rand.Rand, all []wanted, no int) (c candidate, names []string, unclear error) {
	w := all[r.IntN(len(all))]
	c.no, c.names = fmt.Sprintf("T%03d", no), len(w.names)*r.IntN(2)
	kinds := []wire.TaskType{wire.TaskChangeDNS, wire.TaskRenew, "", "SOMETHING_NEW"}
	kinds = append(kinds, savedBy(w.operation), savedBy(w.operation))
	c.kind = kinds[r.IntN(len(kinds))]
	if r.IntN(5) > 0 {
		first := w.from.Add(time.Duration(r.IntN(90)-15) * time.Minute)
		c.created = wire.Span{First: first, Last: first.Add(time.Duration(r.IntN(2)) * 8 * time.Hour)}
	}
	names = w.names
	switch r.IntN(4) {
	case 0:
		unclear, names = errors.New("nobody tells"), nil
	case 1:
		unclear, names = errors.New("not all are told"), names[:1]
	}
	return c, names, unclear
}

// TestIndexOfWantedTasks: the index finds what comparing each task with each batch
// finds.
func TestIndexOfWantedTasks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := drawWanted(r, 1+r.IntN(20))
		x, found := indexWanted(all), search{make(map[int64][]string), make(map[int64]error)}
		tasks, unclear := make(map[int64][]string), make(map[int64]bool)
		for no := range 1 + r.IntN(20) {
			c, names, unread := drawCandidate(r, all, no)
			listed := false
			for i := range all {
				w := &all[i]
				if !c.matches(w) {
					continue
				}
				listed = true
				switch {
				case unread != nil && !slices.ContainsFunc(names, func(name string) bool { return !w.has(name) }):
					unclear[w.batch] = true
				case unread != nil || !slices.Equal(names, w.names):
				case w.operation.Saves(c.kind):
					tasks[w.batch] = append(tasks[w.batch], c.no)
				default:
					unclear[w.batch] = true
				}
			}
			if got := indexWanted(all).any(&c); got != listed {
				t.Fatalf("seed %d: task %+v may be of a batch: %v, want %v", seed, c, got, listed)
			}
			found.note(&c, x, names, unread)
		}
		if !maps.EqualFunc(found.tasks, tasks, slices.Equal) {
			t.Errorf("seed %d: the tasks are %v, want %v", seed, found.tasks, tasks)
		}
		if !maps.EqualFunc(found.unclear, unclear, func(err error, _ bool) bool { return err != nil }) {
			t.Errorf("seed %d: not clear is %v, want %v", seed, found.unclear, unclear)
		}
	}
}

// TestSearchGrowsWithItsTasks: twice as many requests without an answer beside
// twice as many tasks take about twice the work, whatever the tasks tell.
func TestSearchGrowsWithItsTasks(t *testing.T) {
	t.Parallel()
	for title, tell := range map[string]func(c *candidate, names []string) ([]string, error){
		"all":      func(_ *candidate, names []string) ([]string, error) { return names, nil },
		"no times": func(c *candidate, names []string) ([]string, error) { c.created = wire.Span{}; return names, nil },
		"other times": func(c *candidate, names []string) ([]string, error) {
			c.created = wire.Span{First: noon.Add(-time.Hour), Last: noon.Add(-time.Hour)}
			return nil, errors.New("nobody tells")
		},
		"no names":     func(c *candidate, _ []string) ([]string, error) { c.names = 0; return nil, errors.New("nobody tells") },
		"a part":       func(_ *candidate, names []string) ([]string, error) { return names[:1], errors.New("not all are told") },
		"other types":  func(c *candidate, names []string) ([]string, error) { c.kind = wire.TaskRenew; return names, nil },
		"unknown ones": func(c *candidate, names []string) ([]string, error) { c.kind = "SOMETHING_NEW"; return names, nil },
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			twice(t, 4000, func(n int) int {
				var all []wanted
				for i := range n {
					at := noon.Add(time.Duration(i) * second)
					all = append(all, wanted{
						batch: int64(i), operation: wire.Lookup(wantedOperations[i%3]), from: at, to: at.Add(time.Hour),
						names: []string{fmt.Sprintf("a%d.example", i), fmt.Sprintf("b%d.example", i)},
					})
				}
				x, found := indexWanted(all), search{make(map[int64][]string), make(map[int64]error)}
				for i := range all {
					c := candidate{no: fmt.Sprint("T", i), kind: savedBy(all[i].operation), names: 2, created: wire.Span{First: all[i].to, Last: all[i].to}}
					names, unclear := tell(&c, all[i].names)
					x.any(&c)
					found.note(&c, x, names, unclear)
				}
				return x.looks
			})
		})
	}
}
