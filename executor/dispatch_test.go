package executor

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
)

// element is a change of one of several things that a name has, with a call of
// its own unless shared.
func element(name, element string, shared bool) *attr.Change {
	server := element + "." + name
	if shared {
		server = element + ".example.net"
	}
	c := delegate(name, server)
	c.ID, c.Element = c.ID+"/"+element, element
	c.Steps[0].ID = attr.StepID(c.ID, "set")
	return c
}

// TestNothingThatCanBeSentIsForgotten runs random schedules, and looks at all
// steps after each cut: what was left is too little for a call that can still
// grow, or waits for its time or its row, and the next cut is not too late.
func TestNothingThatCanBeSentIsForgotten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := graphOf(t, rapid.IntRange(0, 5).Draw(t, "limit"), drawnChanges(t)...)
		wait := 2 * second
		for now, round := noon, 0; g.unfinished() > 0; round++ {
			if round > 2000 {
				t.Fatalf("%d steps never end", g.unfinished())
			}
			batches, wake := g.cutBatches(now, wait)
			send(g, batches)
			checkCut(t, g, now, wait, wake)
			under := underWay(g)
			for _, n := range under {
				act(t, g, n, now)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			if len(under) == 0 && !wake.IsZero() {
				now = wake
			}
		}
	})
}

func drawnChanges(t *rapid.T) (changes []*attr.Change) {
	for i := range rapid.IntRange(1, 20).Draw(t, "names") {
		name := fmt.Sprintf("n%d.example", i)
		for j := range rapid.IntRange(0, 4).Draw(t, "elements") {
			changes = append(changes, element(name, fmt.Sprintf("e%d", j), rapid.Bool().Draw(t, "shared")))
		}
		server := fmt.Sprintf("ns%d.example.net", rapid.IntRange(0, 2).Draw(t, "set"))
		if rapid.Bool().Draw(t, "locked") {
			changes = append(changes, locked(name, server)...)
		} else {
			changes = append(changes, delegate(name, server))
		}
	}
	return changes
}

func underWay(g *graph) (all []*node) {
	for _, n := range g.nodes {
		if n.phase == sent {
			all = append(all, n)
		}
	}
	return all
}

// act lets something happen to a step that was sent, or nothing yet.
func act(t *rapid.T, g *graph, n *node, now time.Time) {
	switch rapid.IntRange(0, 9).Draw(t, "event") {
	case 0:
		g.requeue(n, now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "delay"))*second))
	case 1:
		g.finish(n, endFailed, "", now)
	case 2:
		if one := g.nodes[rapid.IntRange(0, len(g.nodes)-1).Draw(t, "other")]; one.phase < sent {
			g.finish(one, endNotSent, "left out", now)
		}
	case 3, 4, 5, 6:
		g.finish(n, endDone, "", now)
	}
}

// checkCut is the rule of [graph.cut], by looking at every step.
func checkCut(t *rapid.T, g *graph, now time.Time, wait time.Duration, wake time.Time) {
	rows, left := make(map[*perNameSerial]int), make(map[*queue][]*node)
	others := make(map[*queue]int) // that may still join
	var want time.Time
	for _, n := range g.nodes {
		switch {
		case n.phase.underWay() && n.serial != nil:
			rows[n.serial]++
		case n.phase == waiting:
			others[n.queue]++
		case n.phase == ready && n.place == inDue:
			left[n.queue] = append(left[n.queue], n)
		case n.phase == ready:
			others[n.queue]++
		}
	}
	for _, count := range rows {
		if count > 1 {
			t.Errorf("%d steps of one row are under way", count)
		}
	}
	for q, nodes := range left {
		until := nodes[0].since.Add(wait)
		for _, n := range nodes {
			if n.serial != nil && rows[n.serial] > 0 {
				t.Errorf("%s is due while another of its row is under way", n.ID)
			}
			until = earliest(until, n.since.Add(wait))
		}
		if others[q] == 0 || len(nodes) >= q.size || !until.After(now) {
			t.Errorf("%d steps were left in a queue for calls of %d, %d may join, until %v", len(nodes), q.size, others[q], until)
		}
		want = earliest(want, until)
	}
	for _, n := range g.nodes {
		if n.phase != ready || n.place == inDue {
			continue
		}
		if n.place == inLater {
			if !n.since.After(now) {
				t.Errorf("the time of %s has come", n.ID)
			}
			want = earliest(want, n.since)
		} else if rows[n.serial] == 0 && (n.serial.next == nil || n.serial.next.place != inDue) {
			t.Errorf("%s waits for a row that is free", n.ID)
		}
	}
	if !want.Equal(wake) {
		t.Errorf("the next look is at %v, and should be at %v", wake, want)
	}
}

// TestScheduleLooksAtAStepOnce: what it costs to schedule grows with the steps,
// not with their square: of elements, each behind the others of its name and in a
// call of its own, and of locked names.
func TestScheduleLooksAtAStepOnce(t *testing.T) {
	t.Parallel()
	for title, changes := range map[string]func(n int) []*attr.Change{
		"elements of many names": func(n int) (all []*attr.Change) {
			for i := range n {
				all = append(all, element(fmt.Sprintf("n%d.example", i/8), fmt.Sprintf("e%d", i%8), false))
			}
			return all
		},
		"elements of one name": func(n int) (all []*attr.Change) {
			for i := range n {
				all = append(all, element("a.example", fmt.Sprintf("e%d", i), false))
			}
			return all
		},
		"locked names": func(n int) (all []*attr.Change) {
			for i := range n / 3 {
				all = append(all, locked(fmt.Sprintf("n%d.example", i), fmt.Sprintf("ns%d.example.net", i%100))...)
			}
			return all
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			one, two := looksOf(t, changes(1000)), looksOf(t, changes(2000))
			if one > 20*1000 || float64(two) > 2.2*float64(one) {
				t.Errorf("%d looks at 1,000 steps, %d at 2,000", one, two)
			}
		})
	}
}

// looksOf runs a schedule in which one step ends after another, and returns how
// often it looked at one.
func looksOf(t *testing.T, changes []*attr.Change) int {
	t.Helper()
	g := graphOf(t, 0, changes...)
	now := noon
	var line []*node
	for g.unfinished() > 0 {
		batches, wake := g.cutBatches(now, 2*second)
		send(g, batches)
		for _, b := range batches {
			line = append(line, b...)
		}
		switch {
		case len(line) > 0:
			g.finish(line[0], endDone, "", now)
			line = line[1:]
		case wake.IsZero():
			t.Fatalf("%d steps never end", g.unfinished())
		default:
			now = wake
		}
	}
	return g.looks
}

// TestAgendaKeepsTheOrder: what is due first comes first, of one time what was
// added first, whatever was taken out meanwhile.
func TestAgendaKeepsTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a agenda[int]
		at := make([]time.Time, rapid.IntRange(0, 50).Draw(t, "things"))
		for i := range at {
			at[i] = noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")) * second)
			a.add(at[i], i)
		}
		odd := rapid.Bool().Draw(t, "keep the odd ones")
		if odd {
			a.keep(func(i int) bool { return i%2 == 1 })
		}
		last, seen := -1, 0
		for i, when, ok := a.next(); ok; i, when, ok = a.next() {
			if !when.Equal(at[i]) || odd && i%2 == 0 {
				t.Errorf("%d comes at %v", i, when)
			}
			if last >= 0 && (at[i].Before(at[last]) || at[i].Equal(at[last]) && i < last) {
				t.Errorf("%d comes after %d", i, last)
			}
			last = i
			seen++
			a.take()
		}
		if want := len(at); odd && seen != want/2 || !odd && seen != want {
			t.Errorf("%d of %d came", seen, want)
		}
	})
}
