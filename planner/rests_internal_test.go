package planner

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
)

// mayStand are the facts that a plan may know from before: the list tells others.
const mayStand = snapshot.Info&^(snapshot.Expiry|snapshot.PriceKind) | snapshot.DSRecords | snapshot.Hosts | snapshot.AllContacts

// TestReadyChangesRestOnNothingFromBefore: an account changed past everybody since
// it was read. A plan that knows some facts from before makes no change that a
// plan of what is now would not make.
func TestReadyChangesRestOnNothingFromBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, now := asking(t)
		in.Limit = 0 // counts names that a plan changes: what is not seen makes room for others
		r := newReading(now, nil)
		standing := before(t, r)
		in.Live = r.known
		for round := 0; ; round++ {
			if round == 20 {
				t.Fatal("the plan rests on what stands from before again and again")
			}
			r.asked = make(map[string]snapshot.Facts) // what is forgotten may be asked again
			r.answer(t, in)
			if !forget(r.known, standing, Rests(in)) {
				break
			}
		}
		some := ready(t, in)
		in.Live = newFull(t, in, now)
		for id, steps := range some {
			if all := ready(t, in); all[id] != steps {
				t.Fatalf("%s is planned from readings and not from the account:\n%s", id, cmp.Diff(all[id], steps))
			}
		}
	})
}

// before gives what is known of names the facts that they had earlier.
func before(t *rapid.T, r *reading) (standing map[string]snapshot.Facts) {
	draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "before") }
	standing = make(map[string]snapshot.Facts)
	for i := range r.known.Domains {
		d := &r.known.Domains[i]
		was := *r.world.Domain(d.Name)
		if draw(2) == 0 {
			was = drawn(draw, d.Name, r.world.ReadAt)
			was.Expires, was.Premium = d.Expires, d.Premium // as the list says
		}
		facts := snapshot.Facts(draw(int(mayStand)+1)) & mayStand
		d.Take(&was, facts)
		standing[d.Name] = facts
	}
	return standing
}

// forget forgets the facts on which a plan rests and that stand from before. It
// reports whether there were any.
func forget(live *Live, standing, rests map[string]snapshot.Facts) (some bool) {
	for name, facts := range rests {
		if facts &= standing[name]; facts != 0 {
			live.Domain(name).Forget(facts)
			standing[name] &^= facts
			some = true
		}
	}
	return some
}

func newFull(t *rapid.T, in Input, world *Live) *Live {
	r := newReading(world, nil)
	r.answer(t, in)
	return r.known
}

// ready returns the steps of the changes that a plan would make, by change.
func ready(t *rapid.T, in Input) map[string]string {
	all := make(map[string]string)
	for _, c := range Diff(in).Executed() {
		text, err := json.MarshalIndent(c, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		all[c.ID] = string(text)
	}
	return all
}

// TestPlanTellsWhatStands: a plan says how many of the names that it compares stand
// as read before, and since when.
func TestPlanTellsWhatStands(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	live := &Live{ReadAt: now}
	p := &config.Portfolio{Limits: config.DefaultLimits()}
	for i, age := range []time.Duration{0, time.Hour, 48 * time.Hour, 24 * time.Hour} {
		d := snapshot.Domain{Name: fmt.Sprintf("n%02d.com", i), InstanceID: "S", TransferLock: wire.LockOn}
		if age > 0 {
			d.NoteRead(snapshot.TransferLock, now.Add(-age))
		}
		live.Domains = append(live.Domains, d)
		if i < 3 { // the last one is not declared
			p.Domains = append(p.Domains, config.Domain{Name: d.Name})
		}
	}
	s := Diff(Input{Portfolio: p, Live: live}).Summary
	if s.Standing != 2 || !s.Oldest.Equal(now.Add(-48*time.Hour)) {
		t.Errorf("%d names stand, the oldest at %s", s.Standing, s.Oldest)
	}
	if s := Diff(Input{Portfolio: p, Live: live, Only: SelectNames([]string{"n00.com", "n01.com"})}).Summary; s.Standing != 1 {
		t.Errorf("of two selected names %d stand", s.Standing)
	}
}
