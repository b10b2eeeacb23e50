package bucket_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// otherEmulator serves a bucket by the emulator of somebody else, and returns how its
// state is named. Change is what is done to each request on its way; nil: nothing.
func otherEmulator(t *testing.T, change func(*http.Request)) (state string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	emulator := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if change != nil {
			change(r)
		}
		emulator.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return "s3://bucket/a/prefix?" + url.Values{"endpoint": {server.URL}, "region": {"test-1"}}.Encode()
}

// TestConformanceOfAnotherEmulator holds that a bucket is a store by what somebody
// else understood of the protocol, too.
func TestConformanceOfAnotherEmulator(t *testing.T) {
	journaltest.Run(t, journaltest.Kind{
		Open: openWithKey, Leases: true,
		New: func(t *testing.T) string { return otherEmulator(t, nil) },
	})
}

// TestServiceThatIgnoresTheCondition: it is refused, whoever made it.
func TestServiceThatIgnoresTheCondition(t *testing.T) {
	t.Parallel()
	state := otherEmulator(t, func(r *http.Request) { r.Header.Del("If-None-Match") })
	_, err := bucket.Open(t.Context(), state, store.Options{Endpoint: "https://domain.example", Account: "1"})
	if err == nil || !strings.Contains(err.Error(), "creates an object that is there already") {
		t.Errorf("it is taken: %v", err)
	}
}
