package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/internal/words"
)

// healthRoutes are those that tell whether the process is well. Stopping is closed when
// runs are to end.
func (s *fleetServer) healthRoutes(stopping <-chan struct{}) []access.Route {
	health := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
	ready := func(w http.ResponseWriter, _ *http.Request) { s.answerReady(w, isClosed(stopping)) }
	return []access.Route{
		{Method: "GET", Pattern: "/healthz", Least: access.Anyone, Handler: inPlainText(health)},
		{Method: "GET", Pattern: "/readyz", Least: access.Anyone, Handler: inPlainText(ready)},
		{Method: "GET", Pattern: "/metrics", LeastIn: leastForMetrics, Program: true, Handler: inPlainText(s.answerMetrics)},
	}
}

// inPlainText is for answers that are no pages, unless they say otherwise.
func inPlainText(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h(w, r)
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// staleLook is how long ago the table may have been looked at while all is well.
const staleLook = 30 * time.Second

// readiness is what /readyz says.
type readiness struct {
	Ready bool   `json:"ready"`
	Why   string `json:"why,omitempty"` // it is not
	// FleetFile says what is wrong with the file on disk, in place of which the former
	// one stays in force; "": nothing.
	FleetFile string `json:"fleet_file,omitempty"`
	// FilesDiffer says that processes go by different files. Which, it tells nobody who
	// has not signed in.
	FilesDiffer string `json:"files_differ,omitempty"`
	Jobs        int    `json:"jobs"`
}

// filesDifferShort is what /readyz says of processes that go by different files.
const filesDifferShort = "processes serve different files of the fleet: the log and domainsync jobs list say which"

// notReady says why a process does not look after the fleet; "": it does.
func (s *fleetServer) notReady(stopping bool) string {
	looked, err := s.runner.Looked()
	switch busy := s.runner.Busy(); {
	case stopping:
		return "it is stopping: runs at work come to their end, and no other one begins"
	case err != nil:
		return "the table of jobs cannot be used"
	case looked.IsZero():
		return "the table of jobs was not looked at yet"
	case !busy && s.app.clock.Since(looked) > staleLook:
		return fmt.Sprintf("the table of jobs was looked at %s ago", words.About(s.app.clock.Since(looked).Seconds()))
	}
	return ""
}

func (s *fleetServer) answerReady(w http.ResponseWriter, stopping bool) {
	s.mu.Lock()
	state := readiness{FleetFile: s.broken, Jobs: len(s.runner.File().Jobs)}
	if s.differing != "" {
		state.FilesDiffer = filesDifferShort
	}
	s.mu.Unlock()
	state.Why = s.notReady(stopping)
	state.Ready = state.Why == ""
	data, err := json.Marshal(state)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	s.answer(w, append(data, '\n'))
}

// answer writes an answer. Who has gone meanwhile misses nothing.
func (s *fleetServer) answer(w http.ResponseWriter, data []byte) {
	if _, err := w.Write(data); err != nil {
		s.app.log.Debug("an answer was not taken", "error", err)
	}
}
