package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
)

// watcher is whoever watches that something happens: it counts calls, and answers some
// of them with a status.
type watcher struct {
	*httptest.Server
	calls  chan string
	status atomic.Int32
}

func newWatcher(t *testing.T) *watcher {
	t.Helper()
	w := &watcher{calls: make(chan string, 100)}
	w.status.Store(http.StatusOK)
	w.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.calls <- r.URL.Path
		answer.WriteHeader(int(w.status.Load()))
	}))
	t.Cleanup(w.Close)
	return w
}

// TestHeartbeatOfAJob: it is called for complete runs, also where they end with something
// to do, and not for those that failed before they looked at everything.
func TestHeartbeatOfAJob(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files string
		job   fleet.Job
		code  int
		want  int
	}{
		"an apply":      {accountFiles, fleet.Job{Action: fleet.Apply, Approve: attr.Hazards(), Heartbeat: "corp"}, exitDone, 1},
		"a plan":        {accountFiles, fleet.Job{Action: fleet.Plan, Heartbeat: "corp"}, exitPending, 1},
		"conditions":    {"domain \"beta.com\" {\n  transfer_lock = true\n}\n", fleet.Job{Action: fleet.Apply, Heartbeat: "corp"}, exitFailed, 1},
		"a mistake":     {"domain {\n}\n", fleet.Job{Action: fleet.Apply, Heartbeat: "corp"}, exitError, 0},
		"a part":        {accountFiles, fleet.Job{Action: fleet.Apply, Targets: []string{"alpha.com/transfer_lock"}, Heartbeat: "corp"}, exitPending, 0},
		"another one's": {accountFiles, fleet.Job{Action: fleet.Plan}, exitPending, 0},
		"no address":    {accountFiles, fleet.Job{Action: fleet.Plan, Heartbeat: "none"}, exitPending, 0},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			w := newWatcher(t)
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), test.files)
			s := server(t, simulatedAlpha().Transport(), "DOMAINSYNC_HEARTBEAT_CORP="+w.URL+"/corp", "DOMAINSYNC_HEARTBEAT="+w.URL+"/any")
			if o := runServed(t, s, test.job, dir); o.ExitCode != test.code {
				t.Fatalf("it ends with %+v, want %d", o, test.code)
			}
			if len(w.calls) != test.want || test.want > 0 && <-w.calls != "/corp" {
				t.Errorf("there were %d calls, want %d", len(w.calls), test.want)
			}
		})
	}
}

// TestHeartbeatThatIsNotDelivered changes nothing of a run, and the log does not have the
// address.
func TestHeartbeatThatIsNotDelivered(t *testing.T) {
	t.Parallel()
	w := newWatcher(t)
	w.status.Store(http.StatusNotFound)
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	s := server(t, simulatedAlpha().Transport(), "DOMAINSYNC_HEARTBEAT_CORP="+w.URL+"/t0ken")
	var log bytes.Buffer
	s.app.log = slog.New(slog.NewTextHandler(&log, nil))
	if o := runServed(t, s, fleet.Job{Action: fleet.Plan, Heartbeat: "corp"}, dir); o.ExitCode != exitPending {
		t.Errorf("it ends with %+v", o)
	}
	if text := log.String(); !strings.Contains(text, "DOMAINSYNC_HEARTBEAT_CORP") || !strings.Contains(text, "status 404") || strings.Contains(text, "t0ken") {
		t.Errorf("the log is %s", text)
	}
}

// TestHeartbeatOfTheProcess begins with the first look at the table; before that, and for
// a process that stops, nothing is heard.
func TestHeartbeatOfTheProcess(t *testing.T) {
	t.Parallel()
	w := newWatcher(t)
	s := server(t, simulatedAlpha().Transport())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { s.beats(ctx, nil, w.URL+"/fleet"); ended <- nil }()
	go func() { ended <- s.runner.Run(ctx, nil) }()
	if path := <-w.calls; path != "/fleet" {
		t.Errorf("it calls %s", path)
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if why := s.notReady(true); why == "" {
		t.Error("a process that stops says that it looks after the fleet")
	}
}
