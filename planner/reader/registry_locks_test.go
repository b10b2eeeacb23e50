package reader_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// silent is a service that does not tell registry locks.
type silent struct{ reader.Service }

func (silent) ListServerLock(context.Context, *wire.ListServerLockRequest) (*wire.ListServerLockResponse, error) {
	return nil, errors.New("no answer")
}

// lockWatch reads an account night after night, and may hear nothing of its locks.
type lockWatch struct {
	*nightly
	hears bool
}

// night reads the account, and returns its registry locks, and what a plan says of them.
func (w *lockWatch) night(full bool) ([]snapshot.RegistryLock, []planner.Threat) {
	w.t.Helper()
	readings, bad, err := reader.LoadReadings(w.t.Context(), w.kept, "")
	if err != nil || bad > 0 {
		w.t.Fatalf("%d pieces are bad, %v", bad, err)
	}
	o := reader.Options{Keeper: &reader.Keeper{Blobs: w.kept, Before: readings, Failed: func(err error) { w.t.Error(err) }}}
	if !full {
		o.Earlier = &reader.Earlier{Readings: readings, Log: w.log, MaxAge: func(string) time.Duration { return w.maxAge }}
	}
	var service reader.Service = w.client
	if !w.hears {
		service = silent{w.client}
	}
	live, err := reader.Fetch(w.t.Context(), service, w.p, o)
	if err != nil {
		w.t.Fatal(err)
	}
	<-time.After(24 * time.Hour)
	return live.RegistryLocks, planner.Threats(live)
}

// TestRegistryLocksAreKept: what the service once told of a running lock stands while it
// tells nothing, with its time, through a full reading and through pieces that are put
// together; it ends when the lock does, when it is too old, or when the service says so.
func TestRegistryLocksAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &lockWatch{newNightly(t, 3), true}
		began := time.Now()
		w.sim.SetRegistryLock("name00001.com", began.AddDate(0, 0, 20))
		w.sim.SetRegistryLock("name00002.com", began.AddDate(0, 0, 3).Add(time.Hour))
		if locks, _ := w.night(false); len(locks) != 2 || !locks[0].Read.IsZero() {
			t.Fatalf("the service tells %+v", locks)
		}
		w.hears = false
		if locks, threats := w.night(false); len(locks) != 2 || !locks[0].Read.Equal(began) || len(threats) != 2 || !threats[0].AsOf.Equal(began) {
			t.Errorf("kept are %+v, told is %+v", locks, threats)
		}
		if locks, _ := w.night(true); len(locks) != 0 {
			t.Errorf("a reading that reads everything has %+v from before", locks)
		}
		for len(w.kept.all) < 45 { // as many as are put together
			w.kept.all = again(w.kept.all)
		}
		w.night(true)
		if n := len(w.kept.all); n > 5 {
			t.Fatalf("%d pieces were not put together", n)
		}
		if locks, _ := w.night(false); len(locks) != 1 || locks[0].Domain != "name00001.com" || !locks[0].Read.Equal(began) {
			t.Errorf("after the end of the other lock kept are %+v", locks)
		}
		w.maxAge = 5 * 24 * time.Hour
		if locks, _ := w.night(false); len(locks) != 0 {
			t.Errorf("%+v stand longer than readings do", locks)
		}
		w.hears = true
		for _, name := range []string{"name00001.com", "name00002.com"} {
			w.sim.SetRegistryLock(name, time.Time{})
		}
		if locks, _ := w.night(false); len(locks) != 0 {
			t.Errorf("the service tells none, and %+v stand", locks)
		}
		w.hears, w.maxAge = false, 30*24*time.Hour
		if locks, _ := w.night(false); len(locks) != 0 {
			t.Errorf("what the service said is over stands again: %+v", locks)
		}
	})
}

// again returns pieces with a copy of each that has a later key.
func again(all map[string][]byte) map[string][]byte {
	more := maps.Clone(all)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if more[key+"-again"] = all[key]; len(more) >= 45 {
			break
		}
	}
	return more
}
