package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// glassWorld is an account whose rule asks two persons about a change that somebody wants
// at once.
type glassWorld struct {
	*world
	options journal.Options
	heard   *place
	points  int // of the run that breaks the glass: before and after each durable write
}

const glassReason = "the registry is down"

func newGlassWorld(t *testing.T) *glassWorld {
	t.Helper()
	g := &glassWorld{newWorld(t, moved, simulator.Options{}, "example.com", "example.net"), inMemory(), new(place), 0}
	g.options.Now = time.Now
	g.job.Journal = job.InState("memory", g.options)
	g.job.Notifiers, g.job.Actor = []job.Notifier{g.heard}, journal.Actor{By: "ada@laptop"}
	g.ruled(map[attr.Hazard]int{attr.Delegation: 2})
	return g
}

// breaksGlass applies in a process that dies at a point; 0: at none.
func (g *glassWorld) breaksGlass(die int) {
	g.t.Helper()
	dying := g.options
	dying.Hook = func(string) error {
		if g.points++; die > 0 && g.points >= die {
			return errors.New("died")
		}
		return nil
	}
	g.job.Journal, g.job.BreakGlass = job.InState("memory", dying), glassReason
	_, err := g.job.Apply(g.t.Context(), job.ApplyOptions{Unasked: true})
	if die == 0 && err != nil || g.points < die {
		g.t.Fatalf("death at point %d ends with %v at %d", die, err, g.points)
	}
	g.job.Journal, g.job.BreakGlass = job.InState("memory", g.options), ""
}

// acts are those that the state has.
func (g *glassWorld) acts() []journal.BrokenGlass {
	g.t.Helper()
	j, err := g.job.Journal(g.t.Context(), endpoint, "", true)
	if err != nil {
		g.t.Fatal(err)
	}
	all, err := j.BrokenGlass(g.t.Context(), time.Time{})
	if err := errors.Join(err, j.Close()); err != nil {
		g.t.Fatal(err)
	}
	return all
}

// TestBrokenGlassIsToldWhereverTheRunDies: at every point of its journal. Nothing is sent
// that no record tells of; the next run, which breaks nothing, tells everybody of what was
// recorded, and finishes what was sent. Nothing is sent twice. That it
// was told is the last that the run writes.
func TestBrokenGlassIsToldWhereverTheRunDies(t *testing.T) {
	t.Parallel()
	points := 0
	synctest.Test(t, func(t *testing.T) {
		g := newGlassWorld(t)
		g.breaksGlass(0)
		points = g.points
	})
	without := 0
	for die := 1; die <= points; die++ {
		t.Run(fmt.Sprint("at ", die), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGlassWorld(t)
				g.breaksGlass(die)
				sent := g.delegations()
				if sent > 0 && len(g.acts()) == 0 {
					t.Fatal("something is sent that no record tells of")
				}
				time.Sleep(time.Hour)
				r := g.apply(job.ApplyOptions{Unasked: true})
				acts := g.acts()
				if len(acts) > 1 || len(acts) == 0 && sent > 0 || g.delegations() > 1 || len(r.BrokenGlass) != len(acts) {
					t.Fatalf("the records are %+v, and the run tells %+v; sent %v", acts, r.BrokenGlass, g.sim.Saved())
				}
				if len(acts) == 0 {
					without++
				}
				if told := strings.Contains(fmt.Sprint(g.heard.full), glassReason); told != (len(acts) > 0) {
					t.Errorf("%d records, and told is %+v", len(acts), g.heard.told)
				}
			})
		})
	}
	if without == 0 || without == points {
		t.Errorf("%d of %d deaths leave no record", without, points)
	}
}

// TestGlassThatIsBrokenAgainIsToldAgain: the first time is known to everybody, and still
// told by each run; the second time is news.
func TestGlassThatIsBrokenAgainIsToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGlassWorld(t)
		g.breaksGlass(0)
		time.Sleep(24 * time.Hour)
		g.job.Portfolio = load(t, strings.ReplaceAll(moved, "ns1.", "ns9."))
		g.job.BreakGlass = "the second outage"
		g.apply(job.ApplyOptions{Unasked: true})
		if text := fmt.Sprint(g.heard.full); g.delegations() != 2 || !strings.Contains(text, "the second outage") {
			t.Errorf("sent %v; told is %s", g.sim.Saved(), text)
		}
	})
}
