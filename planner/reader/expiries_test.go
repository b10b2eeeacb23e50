package reader_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// TestExpiriesAreKept: what is kept of the ends of names is read again as it was, for the
// same endpoint and no other one, and is no reading.
func TestExpiriesAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := &planner.Expiries{ReadAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(rt, "read"), 0).UTC(), Applied: rapid.Bool().Draw(rt, "applied")}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9-]{1,9}\.com`), 0, 20, rapid.ID).Draw(rt, "names") {
			x := planner.NameExpiry{Name: name, SelfRenewed: rapid.Bool().Draw(rt, "self"), Alarm: config.Alarm{ExpiryDays: rapid.IntRange(0, 366).Draw(rt, "days"), PageDays: rapid.IntRange(0, 366).Draw(rt, "page")}}
			if at := rapid.Int64Range(-1<<33, 1<<33).Draw(rt, "ends"); at != 0 {
				x.Expires = time.Unix(at, 0).UTC()
			}
			e.Names = append(e.Names, x)
		}
		slices.SortFunc(e.Names, func(x, y planner.NameExpiry) int {
			if x.Name < y.Name {
				return -1
			}
			return 1
		})
		blobs := newPieces()
		if err := reader.SaveExpiries(t.Context(), blobs, "https://domain.example", e); err != nil {
			rt.Fatal(err)
		}
		got, err := reader.LoadExpiries(t.Context(), blobs, "https://domain.example")
		if err != nil || !reflect.DeepEqual(got, e) {
			rt.Errorf("%v: read again is %+v, want %+v", err, got, e)
		}
		if other, err := reader.LoadExpiries(t.Context(), blobs, "https://other.example"); other != nil || err != nil {
			rt.Errorf("another endpoint has %+v, %v", other, err)
		}
		if r, bad, err := reader.LoadReadings(t.Context(), blobs, "https://domain.example"); err != nil || bad != 0 || len(r.Account.Domains) != 0 {
			rt.Errorf("it counts as a reading: %d bad, %v", bad, err)
		}
	})
}

// TestDamagedExpiriesAreNotBelieved: whichever byte of what was kept is another one, and
// wherever it ends early, nothing is read of it, or what was kept.
func TestDamagedExpiriesAreNotBelieved(t *testing.T) {
	t.Parallel()
	e := &planner.Expiries{ReadAt: time.Unix(1_800_000_000, 0).UTC(), Names: []planner.NameExpiry{{Name: "a.com", Expires: time.Unix(1_801_000_000, 0).UTC(), Alarm: config.DefaultAlarm()}, {Name: "b.com"}}}
	blobs, key := newPieces(), ""
	if err := reader.SaveExpiries(t.Context(), blobs, "https://domain.example", e); err != nil {
		t.Fatal(err)
	}
	for key = range blobs.all {
	}
	whole := blobs.all[key]
	look := func(what string, at int, data []byte) {
		got, err := reader.LoadExpiries(t.Context(), &pieces{all: map[string][]byte{key: data}}, "https://domain.example")
		if err == nil && got != nil && !reflect.DeepEqual(got, e) {
			t.Errorf("%s %d: read is %+v", what, at, got)
		}
	}
	for i := range whole {
		data := slices.Clone(whole)
		data[i] ^= 0x41
		look("with another byte", i, data)
		look("cut after", i, whole[:i])
	}
}
