package main

import (
	"context"

	"github.com/domainsync/domainsync/executor/fleet"
)

// attends says every so often that the process serves, and by which file, and looks
// whether others go by another one.
func (s *fleetServer) attends(ctx context.Context) {
	for {
		s.attend(ctx)
		if s.app.clock.Sleep(ctx, fleet.AttendEvery) != nil {
			return
		}
	}
}

// attend does so once. That the table cannot be used the runner tells.
func (s *fleetServer) attend(ctx context.Context) {
	err := s.table.Attend(ctx, fleet.Process{ID: s.id, Name: s.by, Version: "domainsync " + programVersion(), File: s.runner.File().Digest()})
	if err == nil {
		var all fleet.Attendance
		if all, err = s.table.Attendance(ctx); err == nil {
			s.tellDiffering(all.FilesDiffer())
		}
	}
	if err != nil && ctx.Err() == nil {
		s.app.log.Debug("which processes serve the fleet is not known", "error", err)
	}
}

// tellDiffering logs that processes go by different files, once for each change of that.
func (s *fleetServer) tellDiffering(text string) {
	s.mu.Lock()
	before := s.differing
	s.differing = text
	s.mu.Unlock()
	switch text {
	case before:
	case "":
		s.app.log.Info("processes serve one file of the fleet again")
	default:
		s.app.log.Warn(text)
	}
}

// leave says that the process has ended. One that cannot say it is taken for dead in a
// few minutes.
func (s *fleetServer) leave(ctx context.Context) {
	if err := s.table.Leave(ctx, s.id); err != nil {
		s.app.log.Debug("that the process has ended could not be recorded", "error", err)
	}
}
