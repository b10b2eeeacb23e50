package executor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// delegate is a change of the nameservers of a name.
func delegate(name string, servers ...string) *attr.Change {
	id := attr.ChangeID(name, "nameservers")
	return &attr.Change{
		ID: id, Domain: name, Attribute: "nameservers", Action: attr.Update, Status: attr.Ready,
		Before: attr.NameserverSet{"old.example.net"}, After: attr.NewNameserverSet(servers), Hazard: attr.Delegation,
		Steps: []attr.Step{{ID: attr.StepID(id, "set"), Request: &wire.SaveBatchTaskForModifyingDomainDnsRequest{
			DomainName: []string{name}, DomainNameServer: servers,
		}}},
	}
}

// locked is the same change of a locked name, with its unlock.
func locked(name string, servers ...string) []*attr.Change {
	c := delegate(name, servers...)
	unlock := attr.TemporaryUnlock(name, []string{c.Steps[0].ID})
	c.Steps[0].Needs = []string{unlock.Steps[0].ID}
	return []*attr.Change{c, &unlock}
}

func graphOf(t interface{ Fatal(...any) }, limit int, changes ...*attr.Change) *graph {
	g, err := newGraph(changes, limit, noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ids writes batches as "operation: step step", the steps without their names'
// common tail.
func ids(batches [][]*node) []string {
	texts := []string{}
	for _, b := range batches {
		steps := make([]string, len(b))
		for i, n := range b {
			steps[i] = strings.ReplaceAll(n.ID, ".example", "")
		}
		texts = append(texts, strings.Join(steps, " "))
	}
	return texts
}

func send(g *graph, batches [][]*node) {
	for _, b := range batches {
		for _, n := range b {
			g.move(n, sent)
		}
	}
}

const second = time.Second

func TestEqualChangesTakeTheFewestCalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 400).Draw(t, "changes")
		limit := rapid.IntRange(1, 100).Draw(t, "limit")
		changes := make([]*attr.Change, n)
		for i := range changes {
			changes[i] = delegate(fmt.Sprintf("n%d.example", i), "ns1.example.net")
		}
		batches, wake := graphOf(t, limit, changes...).cutBatches(noon, 2*second)
		if want := (n + limit - 1) / limit; len(batches) != want || !wake.IsZero() {
			t.Errorf("%d batches (wake %v), want %d", len(batches), wake, want)
		}
	})
}

func TestBatchesHoldTheServicesMost(t *testing.T) {
	t.Parallel()
	changes := make([]*attr.Change, 2500)
	for i := range changes {
		changes[i] = delegate(fmt.Sprintf("n%d.example", i), "ns1.example.net")
	}
	batches, _ := graphOf(t, 0, changes...).cutBatches(noon, 2*second)
	if len(batches) != 3 || len(batches[0]) != 1000 || len(batches[2]) != 500 {
		t.Errorf("%d batches", len(batches))
	}
}

func TestKeysDoNotMix(t *testing.T) {
	t.Parallel()
	g := graphOf(t, 0, delegate("a.example", "ns1.example.net"), delegate("b.example", "ns2.example.net"), delegate("c.example", "ns1.example.net"))
	batches, _ := g.cutBatches(noon, 2*second)
	want := []string{"a/nameservers#set c/nameservers#set", "b/nameservers#set"}
	if diff := cmp.Diff(want, ids(batches)); diff != "" {
		t.Error(diff)
	}
}

// TestBatchWaitsForPredecessors shows that a key is held back while others can
// still join, and no longer than the wait.
func TestBatchWaitsForPredecessors(t *testing.T) {
	t.Parallel()
	g := graphOf(t, 0, slices.Concat(locked("a.example", "ns1.example.net"), locked("b.example", "ns1.example.net"))...)
	first, _ := g.cutBatches(noon, 2*second)
	if diff := cmp.Diff([]string{"a/update_lock/temporary#unlock b/update_lock/temporary#unlock"}, ids(first)); diff != "" {
		t.Fatal(diff)
	}
	send(g, first)
	g.finish(g.byID["a.example/update_lock/temporary#unlock"], endDone, "", noon)
	batches, wake := g.cutBatches(noon, 2*second)
	if len(batches) != 0 || !wake.Equal(noon.Add(2*second)) {
		t.Fatalf("cut %q, wake %v", ids(batches), wake)
	}
	batches, _ = g.cutBatches(noon.Add(2*second), 2*second)
	if diff := cmp.Diff([]string{"a/nameservers#set"}, ids(batches)); diff != "" {
		t.Fatal(diff)
	}
	send(g, batches)
	g.finish(g.byID["b.example/update_lock/temporary#unlock"], endDone, "", noon)
	batches, wake = g.cutBatches(noon, 2*second)
	if diff := cmp.Diff([]string{"b/nameservers#set"}, ids(batches)); diff != "" || !wake.IsZero() {
		t.Errorf("nobody can join: %v, wake %v", diff, wake)
	}
}

func TestOwedSteps(t *testing.T) {
	t.Parallel()
	const unlock, set, relock = "a.example/update_lock/temporary#unlock", "a.example/nameservers#set", "a.example/update_lock/temporary#relock"
	at := func(g *graph, id string, e ending) {
		g.move(g.byID[id], sent)
		g.finish(g.byID[id], e, "", noon)
	}
	for name, test := range map[string]struct {
		unlock, set ending
		stop        bool
		want        phase
	}{
		"changed":             {unlock: endDone, set: endDone, want: ready},
		"change failed":       {unlock: endDone, set: endFailed, want: ready},
		"change in doubt":     {unlock: endDone, set: endDoubt, want: ready},
		"stopped in between":  {unlock: endDone, stop: true, want: ready},
		"unlock in doubt":     {unlock: endDoubt, want: ready},
		"unlock failed":       {unlock: endFailed, want: ended},
		"stopped before":      {stop: true, want: ended},
		"change is under way": {unlock: endDone, want: waiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := graphOf(t, 0, locked("a.example", "ns1.example.net")...)
			if test.unlock != 0 {
				at(g, unlock, test.unlock)
			}
			if test.stop {
				g.stop("interrupted", noon, isNotOwed)
			}
			if test.set != 0 {
				at(g, set, test.set)
			}
			if got := g.byID[relock].phase; got != test.want {
				t.Errorf("the relock is in phase %d, want %d", got, test.want)
			}
		})
	}
}

func TestUnlockUnderWayIsClosedAfterStop(t *testing.T) {
	t.Parallel()
	g := graphOf(t, 0, locked("a.example", "ns1.example.net")...)
	batches, _ := g.cutBatches(noon, 0)
	send(g, batches)
	g.stop("interrupted", noon, isNotOwed)
	if n := g.byID["a.example/nameservers#set"]; n.end != endNotSent || n.why != "interrupted" {
		t.Errorf("the change is %q (%s)", n.end, n.why)
	}
	g.finish(batches[0][0], endDone, "", noon)
	batches, _ = g.cutBatches(noon, 0)
	if diff := cmp.Diff([]string{"a/update_lock/temporary#relock"}, ids(batches)); diff != "" {
		t.Error(diff)
	}
}

func TestNeedThatFailsForbids(t *testing.T) {
	t.Parallel()
	g := graphOf(t, 0, locked("a.example", "ns1.example.net")...)
	batches, _ := g.cutBatches(noon, 0)
	send(g, batches)
	g.finish(batches[0][0], endFailed, "", noon)
	n := g.byID["a.example/nameservers#set"]
	if n.end != endNotSent || !strings.Contains(n.why, "#unlock (failed)") {
		t.Errorf("the change is %q (%s)", n.end, n.why)
	}
	if g.unfinished() != 0 {
		t.Errorf("%d steps are left", g.unfinished())
	}
}

func TestSentAgainAfterItsTime(t *testing.T) {
	t.Parallel()
	g := graphOf(t, 0, delegate("a.example", "ns1.example.net"))
	batches, _ := g.cutBatches(noon, 0)
	send(g, batches)
	g.requeue(batches[0][0], noon.Add(5*second))
	if batches, wake := g.cutBatches(noon, 0); len(batches) != 0 || !wake.Equal(noon.Add(5*second)) {
		t.Errorf("cut %q, wake %v", ids(batches), wake)
	}
	if batches, _ := g.cutBatches(noon.Add(5*second), 0); len(batches) != 1 {
		t.Errorf("cut %q", ids(batches))
	}
}

func TestOneStepOfANameInACall(t *testing.T) {
	t.Parallel()
	a, b := delegate("a.example", "ns1.example.net"), delegate("a.example", "ns1.example.net")
	b.ID, b.Steps[0].ID = b.ID+"/again", "a.example/nameservers/again#set"
	batches, _ := graphOf(t, 0, a, b).cutBatches(noon, 0)
	if diff := cmp.Diff([]string{"a/nameservers#set", "a/nameservers/again#set"}, ids(batches)); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownPredecessorIsAnError(t *testing.T) {
	t.Parallel()
	c := delegate("a.example", "ns1.example.net")
	c.Steps[0].Needs = []string{"gone#set"}
	if _, err := newGraph([]*attr.Change{c}, 0, noon, nil); err == nil || !strings.Contains(err.Error(), "gone#set") {
		t.Errorf("got %v", err)
	}
}

// TestEveryStepEnds runs random graphs with random endings to their end: every
// step ends once, none before those it needs, and no opened lock stays open.
func TestEveryStepEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var changes []*attr.Change
		for i := range rapid.IntRange(1, 30).Draw(t, "names") {
			name, ns := fmt.Sprintf("n%d.example", i), fmt.Sprintf("ns%d.example.net", rapid.IntRange(0, 3).Draw(t, "set"))
			if rapid.Bool().Draw(t, "locked") {
				changes = append(changes, locked(name, ns)...)
			} else {
				changes = append(changes, delegate(name, ns))
			}
		}
		g := graphOf(t, rapid.IntRange(0, 7).Draw(t, "limit"), changes...)
		now := noon
		for round := 0; g.unfinished() > 0; round++ {
			if round > 1000 {
				t.Fatalf("%d steps never end", g.unfinished())
			}
			if rapid.IntRange(0, 20).Draw(t, "stop") == 0 {
				g.stop("interrupted", now, isNotOwed)
			}
			batches, _ := g.cutBatches(now, 2*second)
			send(g, batches)
			for _, b := range batches {
				for _, n := range b {
					e := rapid.SampledFrom([]ending{endDone, endDone, endFailed, endDoubt}).Draw(t, "end")
					g.finish(n, e, "", now)
				}
			}
			now = now.Add(second)
		}
		for _, n := range g.nodes {
			sentAtAll := n.end != endNotSent
			for _, id := range n.Needs {
				if sentAtAll && g.byID[id].end != endDone {
					t.Errorf("%s was sent although %s is %s", n.ID, id, g.byID[id].end)
				}
			}
			if n.Owed && g.owed(n) != sentAtAll {
				t.Errorf("%s: owed %v, sent %v", n.ID, g.owed(n), sentAtAll)
			}
		}
	})
}

// TestElementsGoOneByOne: what an attribute has of a name is changed one element
// after the other, in the order of the plan; other names do not wait for it.
func TestElementsGoOneByOne(t *testing.T) {
	t.Parallel()
	element := func(name, element string) *attr.Change {
		c := delegate(name, element+".example.net")
		c.ID, c.Element = c.ID+"/"+element, element
		c.Steps[0].ID = attr.StepID(c.ID, "set")
		return c
	}
	g := graphOf(t, 0, element("a.example", "x"), element("a.example", "y"), element("b.example", "y"))
	var first [][]*node
	for _, now := range []time.Time{noon, noon.Add(second)} { // the second time others have had time to join
		batches, _ := g.cutBatches(now, second)
		send(g, batches)
		first = append(first, batches...)
	}
	if diff := cmp.Diff([]string{"a/nameservers/x#set", "b/nameservers/y#set"}, ids(first)); diff != "" {
		t.Fatal(diff)
	}
	if again, _ := g.cutBatches(noon.Add(time.Hour), second); len(again) != 0 {
		t.Fatalf("cut %q while another is under way", ids(again))
	}
	g.finish(g.byID["a.example/nameservers/x#set"], endFailed, "", noon)
	if next, _ := g.cutBatches(noon, second); !slices.Equal(ids(next), []string{"a/nameservers/y#set"}) {
		t.Errorf("cut %q", ids(next))
	}
}
