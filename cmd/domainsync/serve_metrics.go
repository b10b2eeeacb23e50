package main

import (
	"bytes"
	"net/http"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/metrics"
)

// answerMetrics tells how the fleet is. Where the table cannot be read it tells of the
// process alone: since when it has not looked at the table is what alerts go by then.
func (s *fleetServer) answerMetrics(w http.ResponseWriter, r *http.Request) {
	entries, err := s.table.Jobs(r.Context())
	if err != nil {
		s.app.log.Error("the jobs of the fleet cannot be read: their metrics are not told", "error", err)
	}
	var text bytes.Buffer
	if err := metrics.Write(&text, metrics.OfFleet(s.fleetOf(entries))); err != nil {
		s.app.log.Error("the metrics cannot be told", "error", err)
		http.Error(w, "the metrics cannot be told: the log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s.answer(w, text.Bytes())
}

// fleetOf is the fleet as its metrics tell it.
func (s *fleetServer) fleetOf(entries []fleet.Entry) *metrics.Fleet {
	file, now := s.runner.File(), s.app.clock.Now()
	looked, _ := s.runner.Looked()
	if !looked.IsZero() && s.runner.Busy() {
		looked = now
	}
	s.mu.Lock()
	f := &metrics.Fleet{FileValid: s.broken == "", FileRead: s.read, FilesDiffer: s.differing != "", Looked: looked, Now: now}
	s.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		j := metrics.FleetJob{Name: e.Name, Metrics: e.Metrics, Next: e.Next, Running: isRunning(e, now), Lost: lostAt(e, now)}
		if e.Asked != nil {
			j.Asked = e.Asked.At
		}
		if e.Paused != nil {
			j.Paused = e.Paused.At
		}
		if e.Last != nil {
			j.Ended = e.Last.Ended
		}
		if declared := file.Job(e.Name); declared != nil {
			j.Between = declared.Schedule.Longest(now)
		}
		f.Jobs = append(f.Jobs, j)
	}
	return f
}

// lostAt is when a run of a job was last lost. One whose lease has ended is, also where
// nobody has taken the job since.
func lostAt(e *fleet.Entry, now time.Time) time.Time {
	if e.Turn != nil && !e.Turn.Until.After(now) {
		return e.Turn.Until
	}
	return e.LostAt
}
