package reader_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// forgetfulList is a service whose list lacks a name, and which may fail to say
// whether the account holds it.
type forgetfulList struct {
	reader.Service
	lacks string
	fails bool
}

func (s forgetfulList) QueryDomainList(ctx context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	resp, err := s.Service.QueryDomainList(ctx, r)
	if err == nil {
		n := len(resp.Data)
		resp.Data = slices.DeleteFunc(resp.Data, func(it wire.DomainItem) bool { return it.DomainName == s.lacks })
		resp.TotalItemNum -= n - len(resp.Data)
	}
	return resp, err
}

func (s forgetfulList) QueryDomainByDomainName(ctx context.Context, r *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error) {
	if s.fails && r.DomainName == s.lacks {
		return nil, errors.New("no answer")
	}
	return s.Service.QueryDomainByDomainName(ctx, r)
}

// TestAbsenceIsConfirmed: that the list lacks a name does not say that it left: the
// account is asked for it, and where it does not say, that is a failed read.
func TestAbsenceIsConfirmed(t *testing.T) {
	t.Parallel()
	before := held(3)
	before.ReadAt = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)
	p := portfolio(declare("name00001.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}), declare("name00002.com", nil), declare("never.com", nil))
	for title, test := range map[string]struct {
		removed, fails bool
		left, failures int
	}{
		"it is there":    {},
		"it left":        {removed: true, left: 1},
		"nobody can say": {removed: true, fails: true, failures: 1},
	} {
		sim := simulator.New(simulator.Options{Account: held(3)})
		if test.removed {
			sim.Remove("name00001.com")
		}
		live, err := reader.Fetch(t.Context(), forgetfulList{connect(t, sim, nil), "name00001.com", test.fails}, p, reader.Options{Held: reader.HeldIn(before)})
		if err != nil {
			t.Fatal(err)
		}
		if len(live.Left) != test.left || len(live.Failures) != test.failures {
			t.Errorf("%s: left %v, failures %v", title, live.Left, live.Failures)
		}
		if test.left > 0 && (live.Left[0] != snapshot.Departed{Domain: "name00001.com", Seen: before.ReadAt}) {
			t.Errorf("%s: %+v", title, live.Left)
		}
	}
}

// TestEachDepartureIsToldOnce: names that left are remembered by a list of before, by
// the journal, or by both. Each is asked for once, and told once.
func TestEachDepartureIsToldOnce(t *testing.T) {
	t.Parallel()
	const names = 40
	before, h := held(names), planner.History{}
	before.ReadAt = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)
	p, want := portfolio(), []string{}
	for i := range names {
		name := before.Domains[i].Name
		p.Domains, want = append(p.Domains, declare(name, nil)), append(want, name)
		if i%3 > 0 {
			h.Purchases = append(h.Purchases, planner.Purchase{Change: name + "/renewal", Done: true, At: before.ReadAt})
		}
	}
	before.Domains = slices.DeleteFunc(before.Domains, func(d snapshot.Domain) bool { return d.Name < "name00020.com" })
	want = slices.DeleteFunc(want, func(name string) bool {
		return name < "name00020.com" && !slices.ContainsFunc(h.Purchases, func(p planner.Purchase) bool { return p.Change == name+"/renewal" })
	})
	sim := simulator.New(simulator.Options{Account: held(0)})
	live, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{Held: reader.HeldIn(before), History: h})
	if err != nil {
		t.Fatal(err)
	}
	if got := leftOf(live); !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
	if n := sim.Stats()["QueryDomainByDomainName"]; n != len(want) {
		t.Errorf("%d names were asked for, want %d", n, len(want))
	}
}

// TestHeldNamesAreKept: names that an account holds are kept for the next reading,
// those that left it for good; a piece that is damaged or of another endpoint counts
// as none.
func TestHeldNamesAreKept(t *testing.T) {
	t.Parallel()
	kept := newPieces()
	sim := simulator.New(simulator.Options{Account: held(4)})
	client, p := connect(t, sim, nil), portfolio()
	for i := range 4 {
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), nil))
	}
	read := func() []string {
		t.Helper()
		h, err := reader.LoadHeld(t.Context(), kept, "")
		if err != nil {
			t.Fatal(err)
		}
		live, err := reader.Fetch(t.Context(), client, p, reader.Options{Held: h, Keeper: &reader.Keeper{Blobs: kept, Failed: func(err error) { t.Error(err) }}})
		if err != nil {
			t.Fatal(err)
		}
		return leftOf(live)
	}
	for i, want := range [][]string{nil, {"name00000.com"}, {"name00000.com", "name00001.com"}, {"name00000.com", "name00001.com", "name00002.com"}} {
		if got := read(); !slices.Equal(got, want) {
			t.Errorf("after %d names left: %q", i, got)
		}
		sim.Remove(fmt.Sprintf("name%05d.com", i))
	}
	data := kept.all["names"]
	for title, damaged := range map[string][]byte{"none": nil, "cut": data[:len(data)/2], "odd": []byte("odd")} {
		kept.all["names"] = damaged
		if got := read(); len(got) != 0 {
			t.Errorf("%s: %q", title, got)
		}
	}
	kept.all["names"] = data
	if h, err := reader.LoadHeld(t.Context(), kept, "https://elsewhere.example"); err != nil {
		t.Error(err)
	} else if live, err := reader.Fetch(t.Context(), client, p, reader.Options{Held: h}); err != nil || len(live.Left) != 0 {
		t.Errorf("of another endpoint: %v, %v", live.Left, err)
	}
}

// unsteady are pieces of which some cannot be got, or none can be put.
type unsteady struct {
	*pieces
	lost string // key
	full bool
	puts int // one at a time
}

func (u *unsteady) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if key == u.lost {
		return nil, false, errors.New("no answer")
	}
	return u.pieces.Get(ctx, key)
}

func (u *unsteady) Put(ctx context.Context, key string, data []byte) error {
	if u.puts++; u.full {
		return errors.New("no room")
	}
	return u.pieces.Put(ctx, key, data)
}

// TestFailedLoadLosesNoHeldName: where the names that were held cannot be loaded, a
// reading does not write over them: the next one knows which of them have left.
func TestFailedLoadLosesNoHeldName(t *testing.T) {
	t.Parallel()
	kept := newPieces()
	sim := simulator.New(simulator.Options{Account: held(3)})
	client, p := connect(t, sim, nil), portfolio(declare("name00000.com", nil), declare("name00001.com", nil))
	for i, test := range []struct {
		lost string
		left []string
	}{{"", nil}, {"", []string{"name00000.com"}}, {"names", nil}, {"", []string{"name00000.com", "name00001.com"}}} {
		blobs := &unsteady{pieces: kept, lost: test.lost}
		h, err := reader.LoadHeld(t.Context(), blobs, "")
		if (err != nil) != (test.lost != "") {
			t.Fatalf("reading %d: %v", i, err)
		}
		keeper := &reader.Keeper{Blobs: blobs, Failed: func(err error) { t.Error(err) }}
		live, err := reader.Fetch(t.Context(), client, p, reader.Options{Held: h, Keeper: keeper})
		if err != nil {
			t.Fatal(err)
		}
		if got := leftOf(live); !slices.Equal(got, test.left) {
			t.Errorf("reading %d: left are %q, want %q", i, got, test.left)
		}
		sim.Remove(fmt.Sprintf("name%05d.com", min(i, 1)))
	}
}

// TestKeeperEndsAtItsFirstFailure: after a write that failed nothing more is written,
// pieces or names, and that is told once.
func TestKeeperEndsAtItsFirstFailure(t *testing.T) {
	t.Parallel()
	const names = 1100 // more than are written together
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: held(names)})
	p := portfolio()
	for i := range names {
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), map[string]attr.Value{attr.DSRecords: attr.NewDSSet(nil)}))
	}
	told, blobs := 0, &unsteady{pieces: newPieces(), full: true}
	h, err := reader.LoadHeld(t.Context(), blobs, "")
	if err != nil {
		t.Fatal(err)
	}
	keeper := &reader.Keeper{Blobs: blobs, Failed: func(error) { told++ }}
	if _, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{Held: h, Keeper: keeper}); err != nil {
		t.Fatal(err)
	}
	if told != 1 || blobs.puts != 1 {
		t.Errorf("after %d writes it was told %d times", blobs.puts, told)
	}
}

func leftOf(live *planner.Live) (names []string) {
	for _, d := range live.Left {
		names = append(names, d.Domain)
	}
	return names
}
