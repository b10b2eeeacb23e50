package executor_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// TestReadingsOfAStateHoldNoPersons: on each store, what an apply and plans keep of
// names tells of no person, neither of those that are declared nor of those that were
// live before, and forgetting leaves nothing of it.
func TestReadingsOfAStateHoldNoPersons(t *testing.T) {
	t.Parallel()
	m := &machines{state: pgtest.Start(t).Database(t)}
	for kind, h := range map[string]home{"directory": inDirectories, "database": m.home, "bucket": inBuckets} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, []name{{name: "a.example"}, {name: "b.example"}}, simulator.Options{})
			w.moveTo(h)
			somebody := ada()
			somebody["name"], somebody["email"], somebody["address"] = "Planted Person", "planted@example.com", "2 Planted Street"
			w.declare("a.example", "admin", somebody)
			w.keepsReadings = true
			w.mustApply()
			w.portfolio = portfolioOf([]name{{name: "a.example"}, {name: "b.example"}})
			w.declare("a.example", "admin", ada())
			for range 2 {
				if _, err := w.plan(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			held := w.readings()
			if !strings.Contains(held, "a.example") {
				t.Fatalf("no names are kept: %s", held)
			}
			for _, person := range []attr.Contact{ada(), somebody} {
				attr.MapPersonal(person, func(field, text string) string {
					if strings.Contains(held, text) {
						t.Errorf("the %s %q is in the readings", field, text)
					}
					return text
				})
			}
			err := w.open(t.Context(), func(j *journal.Journal) error {
				return job.ForgetBlobs(t.Context(), job.ReadingsIn(w.dir, w.options), j)
			})
			if held := w.readings(); err != nil || held != "" {
				t.Errorf("forgotten is not %q (%v)", held, err)
			}
		})
	}
}

// readings returns what the state keeps of names, as plain text.
func (w *world) readings() (text string) {
	w.t.Helper()
	ctx := w.t.Context()
	b, err := job.ReadingsIn(w.dir, w.options)(ctx, endpoint, w.sim.State().ID)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := b.Keys(ctx)
	for _, key := range keys {
		data, _, getErr := b.Get(ctx, key)
		if json.Valid(data) { // what the service lacks is kept as it is
			text += string(data)
			continue
		}
		z, openErr := zstd.NewReader(bytes.NewReader(data))
		if getErr != nil || openErr != nil {
			w.t.Fatal(getErr, openErr)
		}
		var plain bytes.Buffer
		if _, err := z.WriteTo(&plain); err != nil {
			w.t.Fatal(err)
		}
		z.Close()
		text += plain.String()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		w.t.Fatal(err)
	}
	return text
}
