package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
)

// lockedOut is a transport that is refused after some calls, and counts those that
// were answered.
type lockedOut struct{ left, answered atomic.Int64 }

func (l *lockedOut) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.left.Add(-1) < 0 {
		return &http.Response{
			StatusCode: http.StatusForbidden, Header: make(http.Header), Request: r,
			Body: io.NopCloser(bytes.NewBufferString(`{"RequestId":"1","Code":"Forbidden.RAM","Message":"not any more"}`)),
		}, nil
	}
	l.answered.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

// TestImportGoesOnAfterEveryCall ends an import, and one beside other files, at calls of
// its reading: the same command then writes the files that it writes without an end,
// and what was read is not read again. A short run tries every fifth call.
func TestImportGoesOnAfterEveryCall(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(simulator.New(simulator.Options{Account: withEverything(time.Now()), Seed: 1}).Handler())
	t.Cleanup(server.Close)
	step := 1
	if testing.Short() {
		step = 5
	}
	for title, flags := range map[string][]string{"whole": nil, "beside": {"--add"}} {
		t.Run(title, func(t *testing.T) {
			start := func() (args []string, dir string) {
				dir = filepath.Join(t.TempDir(), "files")
				if flags != nil {
					if err := os.Mkdir(dir, 0o755); err != nil {
						t.Fatal(err)
					}
					writeText(t, filepath.Join(dir, "main.hcl"), "domain \"cloud.com\" {\n}\n")
				}
				return append([]string{"import", "--out", dir, "--endpoint", server.URL, "--qps", "10000"}, flags...), dir
			}
			args, dir := start()
			var all lockedOut
			all.left.Store(1 << 30)
			hereOver(t, &all, args...).want(t, exitDone)
			want := filesIn(t, dir)
			if len(want) < 3 {
				t.Fatal(want)
			}
			for calls := 0; calls < int(all.answered.Load()); calls += step {
				args, dir := start()
				var some, rest lockedOut
				some.left.Store(int64(calls))
				hereOver(t, &some, args...).want(t, exitError)
				rest.left.Store(1 << 30)
				hereOver(t, &rest, args...).want(t, exitDone)
				if got := filesIn(t, dir); !maps.Equal(got, want) {
					t.Fatalf("after %d calls there are %v, want %v", calls, got, want)
				}
				if saved := int(all.answered.Load() - rest.answered.Load()); calls > 40 && saved < calls/4 {
					t.Errorf("after %d calls only %d were saved", calls, saved)
				}
			}
		})
	}
}

// filesIn returns the texts of all files of a directory, hidden ones as well.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = strings.TrimSpace(string(text))
	}
	return texts
}
