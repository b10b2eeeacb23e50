package reader_test

import (
	"errors"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner/reader"
)

// TestWhatTheServiceLacksIsRememberedForADay: what was found out of an operation is
// taken over for a day, of the same endpoint, and from a piece that can be
// understood.
func TestWhatTheServiceLacksIsRememberedForADay(t *testing.T) {
	t.Parallel()
	const operation, endpoint = "ScrollDomainList", "https://domain.example"
	found := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		err      error
		after    time.Duration
		endpoint string
		data     string // in place of what was saved
		lacks    bool
	}{
		"at once":               {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, lacks: true},
		"23 hours later":        {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, after: 23 * time.Hour, lacks: true},
		"a day later":           {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, after: 24 * time.Hour},
		"a clock that was back": {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, after: -time.Hour},
		"another endpoint":      {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, endpoint: "https://other.example"},
		"not permitted":         {err: &wire.Error{HTTPStatus: 403, Code: "Forbidden.RAM"}, lacks: true},
		"a wrong key":           {err: &wire.Error{HTTPStatus: 404, Code: "InvalidAccessKeyId.NotFound"}},
		"an answer that came":   {},
		"another failure":       {err: errors.New("no connection")},
		"a damaged piece":       {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, data: "{"},
		"a piece of others":     {err: &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}, data: "\x28\xb5\x2f\xfd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, first, later := newPieces(), new(reader.Optional), new(reader.Optional)
			first.Note(operation, test.err)
			if first.Unsaved() {
				if err := first.Save(t.Context(), kept, endpoint, found); err != nil || first.Unsaved() {
					t.Fatal(err)
				}
			}
			if test.data != "" {
				kept.all["operations"] = []byte(test.data)
			}
			if test.endpoint == "" {
				test.endpoint = endpoint
			}
			if err := later.Load(t.Context(), kept, test.endpoint, found.Add(test.after)); err != nil {
				t.Fatal(err)
			}
			if got := later.Lacks(operation); got != test.lacks {
				t.Errorf("it lacks the operation: %t, want %t", got, test.lacks)
			}
			if r, bad, err := reader.LoadReadings(t.Context(), kept, endpoint); err != nil || bad > 0 || len(r.Account.Domains) > 0 {
				t.Errorf("it is taken for a piece of readings: %d damaged, %v", bad, err)
			}
		})
	}
}

// TestAnOperationThatWasThereMayBeGone: where it was remembered as there, the names
// are read as before, and it is remembered anew.
func TestAnOperationThatWasThereMayBeGone(t *testing.T) {
	t.Parallel()
	for _, absent := range []string{"", "absent"} {
		sim := simulator.New(simulator.Options{Account: held(300), Readings: simulator.Readings{NewerOperations: absent, ListedAutoRenew: "absent"}})
		known := new(reader.Optional)
		known.Note("ScrollDomainList", nil)
		known.Note("ListServerLock", nil)
		if err := known.Save(t.Context(), newPieces(), "", time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := reader.Fetch(t.Context(), connect(t, sim, nil), portfolio(), reader.Options{PageSize: 60, Optional: known})
			if err != nil || len(got.Domains) != 300 {
				t.Fatal(err, len(got.Domains))
			}
		}
		if gone := absent != ""; known.Lacks("ScrollDomainList") != gone || known.Unsaved() != gone {
			t.Errorf("absent %q: it lacks the operation: %t, and that is new: %t", absent, known.Lacks("ScrollDomainList"), known.Unsaved())
		}
		if n := sim.Stats()["ScrollDomainList"]; absent != "" && n > 1 {
			t.Errorf("%d calls of an operation that is not there", n)
		}
	}
}
