package planstore_test

import (
	"context"
	"testing"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/planstore"
)

// TestPlansInEachState keeps a plan in each kind of state, and finds it for its own
// account alone where many share one.
func TestPlansInEachState(t *testing.T) {
	t.Parallel()
	bucket := buckettest.New("oss")
	for kind, state := range map[string]func(*testing.T) string{
		"directory": func(t *testing.T) string { return t.TempDir() },
		"bucket":    func(*testing.T) string { return bucket.URL("states") },
		"database": func(t *testing.T) string {
			if testing.Short() {
				t.Skip("starts a database")
			}
			return pgtest.Start(t).Database(t)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			where := state(t)
			account := func(number string) journal.Blobs {
				o := journal.Options{Endpoint: "https://domain.example", Account: number}
				if kind == "bucket" {
					o.Transport = bucket
					o.Credential = func(context.Context) (id, secret, token string, err error) { return "testid", "testsecret", "", nil }
				}
				b, err := journal.OpenBlobs(t.Context(), where, planstore.Kind, o)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { b.Close() }) //nolint:errcheck // what counts was read
				return b
			}
			hash := put(t, account("1"), "a plan", now)
			if got, err := planstore.Get(t.Context(), account("1"), hash, now); err != nil || string(got) != "a plan" {
				t.Errorf("%q, %v", got, err)
			}
			if got, err := planstore.Get(t.Context(), account("2"), hash, now); kind != "directory" && err == nil {
				t.Errorf("another account has it: %q", got)
			}
		})
	}
}
