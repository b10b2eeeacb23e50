package reader_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// scroller answers as the service does whose scroll goes wrong.
type scroller struct {
	reader.Service
	alter func(call int, page *wire.ScrollDomainListResponse) error
	calls int
}

func (s *scroller) ScrollDomainList(ctx context.Context, r *wire.ScrollDomainListRequest) (*wire.ScrollDomainListResponse, error) {
	page, err := s.Service.ScrollDomainList(ctx, r)
	s.calls++
	if err == nil && s.alter != nil {
		err = s.alter(s.calls, page)
	}
	return page, err
}

// TestAScrollLosesNoName reads 1,200 names, whatever becomes of the scroll: one that
// is not whole is not believed, and the list is read page by page.
func TestAScrollLosesNoName(t *testing.T) {
	t.Parallel()
	lost := &wire.Error{HTTPStatus: 400, Code: "InvalidScrollId"}
	for name, test := range map[string]struct {
		start string
		alter func(call int, page *wire.ScrollDomainListResponse) error
		scrolls,
		lists int
	}{
		"whole":                       {scrolls: 4, lists: 1},
		"whole from its first answer": {start: "names", scrolls: 3, lists: 1},
		"without a total": {scrolls: 5, lists: 1, alter: func(_ int, page *wire.ScrollDomainListResponse) error {
			page.TotalItemNum = 0
			return nil
		}},
		"refused at first": {scrolls: 1, lists: 12, alter: func(int, *wire.ScrollDomainListResponse) error { return lost }},
		"lost on its way": {scrolls: 3, lists: 12, alter: func(call int, _ *wire.ScrollDomainListResponse) error {
			if call == 3 {
				return lost
			}
			return nil
		}},
		"a page is lost": {scrolls: 5, lists: 12, alter: func(call int, page *wire.ScrollDomainListResponse) error {
			if call == 3 {
				page.Data = page.Data[:1]
			}
			return nil
		}},
		"a page repeats a name": {scrolls: 5, lists: 12, alter: func(call int, page *wire.ScrollDomainListResponse) error {
			if call == 3 {
				page.Data[0] = page.Data[1]
			}
			return nil
		}},
		"another total": {scrolls: 5, lists: 12, alter: func(_ int, page *wire.ScrollDomainListResponse) error {
			page.TotalItemNum++
			return nil
		}},
		"nothing ever": {scrolls: 2, lists: 12, alter: func(_ int, page *wire.ScrollDomainListResponse) error {
			page.Data = nil
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New(simulator.Options{Account: held(1200), Readings: simulator.Readings{ScrollStart: test.start, ListedAutoRenew: "absent"}})
			got, err := reader.Fetch(t.Context(), &scroller{connect(t, sim, nil), test.alter, 0}, portfolio(), reader.Options{PageSize: 100})
			if err != nil {
				t.Fatal(err)
			}
			var read, has []string
			for _, d := range got.Domains {
				read = append(read, d.Name)
			}
			for _, d := range sim.State().Domains {
				has = append(has, d.Name)
			}
			if diff := cmp.Diff(has, read); diff != "" {
				t.Error(diff)
			}
			calls := sim.Stats()
			if calls["ScrollDomainList"] != test.scrolls || calls["QueryDomainList"] != test.lists {
				t.Errorf("%d calls of the scroll and %d of the list, want %d and %d", calls["ScrollDomainList"], calls["QueryDomainList"], test.scrolls, test.lists)
			}
		})
	}
}

// TestWhatAScrollDoesNotTellIsReadDirectly: rows without nameservers, rows of other
// instances and a scroll that ends early leave their names to be asked for.
func TestWhatAScrollDoesNotTellIsReadDirectly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		alter  func(call int, page *wire.ScrollDomainListResponse) error
		direct int
	}{
		"all told": {direct: 1},
		"ten names without nameservers": {direct: 10, alter: func(_ int, page *wire.ScrollDomainListResponse) error {
			for i := range min(10, len(page.Data)) {
				page.Data[i].DNSList = nil
			}
			return nil
		}},
		"ten other instances": {direct: 10, alter: func(_ int, page *wire.ScrollDomainListResponse) error {
			for i := range min(10, len(page.Data)) {
				page.Data[i].InstanceID = "other"
			}
			return nil
		}},
		"it ends with an error": {direct: 90, alter: func(int, *wire.ScrollDomainListResponse) error {
			return &wire.Error{HTTPStatus: 500, Code: "InternalError"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New(simulator.Options{Account: held(90)})
			keep := wanted(90)
			for i := range keep.Domains {
				keep.Domains[i].Settings.KeepDS = true
			}
			got, err := reader.Fetch(t.Context(), &scroller{connect(t, sim, nil), test.alter, 0}, keep, reader.Options{})
			if err != nil || len(got.Failures) > 0 {
				t.Fatal(err, got.Failures)
			}
			for i, d := range sim.State().Domains {
				if !slices.Equal(d.Nameservers, got.Domains[i].Nameservers) {
					t.Errorf("%s has %v, not %v", d.Name, d.Nameservers, got.Domains[i].Nameservers)
				}
			}
			if n := sim.Stats()["QueryDomainByDomainName"]; n != test.direct {
				t.Errorf("%d names were read directly, want %d", n, test.direct)
			}
		})
	}
}

// TestAChangeRestsOnADirectRead: a name that the scroll shows otherwise than
// declared is read itself, and an old row makes no change.
func TestAChangeRestsOnADirectRead(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Account: held(90)})
	p := wanted(90)
	old := func(_ int, page *wire.ScrollDomainListResponse) error {
		for i := range page.Data {
			if page.Data[i].DomainName == "name00007.com" {
				page.Data[i].DNSList = []string{"ns8.example.org"} // from before
			}
		}
		return nil
	}
	got, err := reader.Fetch(t.Context(), &scroller{connect(t, sim, nil), old, 0}, p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for c := range planner.Diff(planner.Input{Portfolio: p, Live: got}).Differences() {
		changed = append(changed, c.ID)
	}
	if want := []string{"name00000.com/nameservers"}; !slices.Equal(changed, want) {
		t.Errorf("changed is %v, want %v", changed, want)
	}
}

// TestWhatTheServiceLacksIsAskedOnce: readings that share what is known do not look
// for a scroll again that is not there, or not permitted; what failed otherwise
// is tried again by the next.
func TestWhatTheServiceLacksIsAskedOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		code   string
		calls  int
	}{
		{404, "InvalidApi.NotFound", 1},
		{404, "InvalidAction.NotFound", 1},
		{403, "Forbidden.RAM", 1},
		{400, "UnsupportedOperation", 1},
		{400, "InvalidScrollId", 3},
		{503, "ServiceUnavailable", 3},
	} {
		sim := simulator.New(simulator.Options{Account: held(300), Readings: simulator.Readings{ListedAutoRenew: "absent"}})
		r := &scroller{connect(t, sim, nil), func(int, *wire.ScrollDomainListResponse) error {
			return fmt.Errorf("wrapped: %w", &wire.Error{HTTPStatus: test.status, Code: test.code})
		}, 0}
		known := new(reader.Optional)
		for range 3 {
			if _, err := reader.Fetch(t.Context(), r, portfolio(), reader.Options{PageSize: 60, Optional: known}); err != nil {
				t.Fatal(err)
			}
		}
		if r.calls != test.calls || known.Lacks("ScrollDomainList") != (test.calls == 1) {
			t.Errorf("%s: %d calls, want %d", test.code, r.calls, test.calls)
		}
	}
}
