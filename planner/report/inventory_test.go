package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// drawn is a portfolio and an account, and how each name must stand in the inventory.
func drawn(rng *rand.Rand, names int) (in planner.Input, want map[string]report.Standing) {
	p := &config.Portfolio{Guard: config.DefaultGuard(), Limits: config.DefaultLimits()}
	live := &planner.Live{ReadAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	want = make(map[string]report.Standing)
	for i := range names {
		name := fmt.Sprintf("n%06d.com", i)
		declared, held := rng.IntN(3) > 0, rng.IntN(3) > 0
		if declared {
			p.Domains = append(p.Domains, config.Domain{Name: name})
			want[name] = report.Missing
		}
		if held {
			live.Domains = append(live.Domains, snapshot.Domain{Name: name})
			want[name] = report.Unmanaged
		}
		if declared && held {
			want[name] = report.Managed
		}
	}
	return planner.Input{Portfolio: p, Live: live}, want
}

func TestInventoryHasEachNameOnce(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it draws cases
	for range 50 {
		in, want := drawn(rng, rng.IntN(40))
		v := report.NewInventory(in, planner.Diff(in))
		if len(v.Rows) != len(want) {
			t.Fatalf("%d rows, want %d", len(v.Rows), len(want))
		}
		for i := range v.Rows {
			r := &v.Rows[i]
			if r.Standing != want[r.Name] || (r.Declared != nil) != (in.Portfolio.Domain(r.Name) != nil) || (r.Live != nil) != (in.Live.Domain(r.Name) != nil) {
				t.Errorf("%s: %+v, want %s", r.Name, r, want[r.Name])
			}
			if i > 0 && v.Rows[i-1].Name >= r.Name || v.Row(r.Name) != r {
				t.Errorf("%s is not where it belongs", r.Name)
			}
		}
	}
}

// TestInventoryFlags gives each flag to one name, and no other.
func TestInventoryFlags(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	far, soon := now.AddDate(2, 0, 0), now.AddDate(0, 0, 3)
	names := []string{"doubt.com", "ends.com", "free.com", "held.com", "left.com", "moving.com", "paused.com", "quiet.com", "released.com"}
	in := planner.Input{
		Portfolio: &config.Portfolio{
			Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
			Holds:    []config.Hold{{Label: "a", Names: []string{"held.com"}, Until: far}, {Label: "over", Names: []string{"free.com"}, Until: now.AddDate(0, 0, -1)}},
			Released: []config.Released{{Label: "sold", Names: []string{"released.com"}}},
		},
		Live: &planner.Live{ReadAt: now, Left: []snapshot.Departed{{Domain: "left.com", Seen: now.AddDate(0, 0, -1)}}},
		History: planner.History{
			InDoubt:  map[string]string{"doubt.com/privacy": "a task whose end is not known"},
			Declared: names,
			Pauses:   []planner.Pause{{Names: planner.SelectNames([]string{"paused.com"}), Until: far}, {Names: planner.SelectNames([]string{"free.com"}), Until: now}},
		},
	}
	for _, name := range names {
		if name != "quiet.com" && name != "released.com" {
			in.Portfolio.Domains = append(in.Portfolio.Domains, config.Domain{Name: name})
		}
		if name == "left.com" {
			continue
		}
		d := snapshot.Domain{Name: name, Expires: far}
		switch name {
		case "ends.com":
			d.Expires = soon
		case "moving.com":
			d.TransferOut = wire.TransferOutPending
		}
		in.Live.Domains = append(in.Live.Domains, d)
	}
	want := map[string][]string{
		"doubt.com": {"in_doubt"}, "ends.com": {"endangered"}, "free.com": {}, "held.com": {"held"}, "left.com": {"left_account"},
		"moving.com": {"threatened"}, "paused.com": {"held"}, "quiet.com": {"left_files"}, "released.com": {"released"},
	}
	v := report.NewInventory(in, planner.Diff(in))
	for _, name := range names {
		if got := v.Row(name).Flags.Names(); !slices.Equal(got, want[name]) {
			t.Errorf("%s has the flags %q, want %q", name, got, want[name])
		}
	}
}

// TestColumnsTellWhatIsKnown asks every column of names of which nothing, little and
// much is known: what is not known is nil, and never a default.
func TestColumnsTellWhatIsKnown(t *testing.T) {
	t.Parallel()
	on := true
	in := planner.Input{
		Portfolio: &config.Portfolio{Guard: config.DefaultGuard(), Limits: config.DefaultLimits()},
		Live: &planner.Live{ReadAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Domains: []snapshot.Domain{
			{Name: "bare.com", PremiumUnknown: true},
			{
				Name: "full.com", Expires: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Status: wire.NeedsRenewal, Nameservers: []string{},
				TransferLock: wire.LockOn, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Privacy: &on,
			},
		}},
	}
	v := report.NewInventory(in, planner.Diff(in))
	want := map[string]any{
		"name": "full.com", "standing": "unmanaged", "days_left": -1, "status": "needs renewal", "signed": false, "premium": false,
	}
	for _, c := range report.Columns(nil) {
		if got := c.Value(v, v.Row("bare.com")); c.OfLive && got != nil {
			t.Errorf("%s of a name of which nothing is known is %v", c.Name, got)
		}
		if w, ok := want[c.Name]; ok && c.Value(v, v.Row("full.com")) != w {
			t.Errorf("%s is %v, want %v", c.Name, c.Value(v, v.Row("full.com")), w)
		}
	}
}

// TestCompareSortsUnknownLast orders values of each type.
func TestCompareSortsUnknownLast(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, ordered := range [][]any{
		{1, 2, nil}, {"a", "b", nil}, {false, true, nil}, {day, day.Add(1), nil}, {[]string{}, []string{"a"}, []string{"a", "b"}, nil},
	} {
		for i := range ordered {
			for k := range ordered {
				if got := report.Compare(ordered[i], ordered[k]); (got < 0) != (i < k) || (got > 0) != (i > k) {
					t.Errorf("%v and %v: %d", ordered[i], ordered[k], got)
				}
			}
		}
	}
}
