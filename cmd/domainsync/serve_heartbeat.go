package main

import (
	"context"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// beatEvery is how often a process says that it looks after the fleet.
const beatEvery = time.Minute

// heartbeatVariableOf is the variable that holds the address of a job's watcher.
func heartbeatVariableOf(name string) string { return heartbeatVariable + "_" + strings.ToUpper(name) }

// heartbeatOf is the variable of a watcher, and whether it is set.
func (a *app) heartbeatOf(name string) (variable string, given bool) {
	variable = heartbeatVariableOf(name)
	return variable, a.getenv(variable) != ""
}

// beatForJob tells whoever watches that runs of a job happen that this one was complete.
func (a *app) beatForJob(ctx context.Context, j *fleet.Job) {
	if j.Heartbeat == "" || a.ended == nil || !a.ended.Complete {
		return
	}
	variable, _ := a.heartbeatOf(j.Heartbeat)
	if err := a.beat(ctx, a.getenv(variable)); err != nil {
		a.log.Warn("the heartbeat of the job was not delivered, so its watcher may report that no run happened", "heartbeat", variable, "error", err)
	}
}

// beats tells whoever watches the process, once a minute, that it looks after the fleet:
// that it looks at the table of jobs. Of a process that stops, or whose state cannot be
// reached, nothing is heard.
func (s *fleetServer) beats(ctx context.Context, stopping <-chan struct{}, given string) {
	wait, wrong := fleet.DefaultPoll, false // until it has looked for the first time
	for s.app.clock.Sleep(ctx, wait) == nil {
		if s.notReady(isClosed(stopping)) != "" {
			continue
		}
		wait = beatEvery
		err := s.app.beat(ctx, given)
		switch {
		case ctx.Err() != nil:
		case err != nil && !wrong:
			s.app.log.Warn("the heartbeat was not delivered, so its watcher may report that nobody serves the fleet", "error", err)
		case err == nil && wrong:
			s.app.log.Info("the heartbeat is delivered again")
		}
		wrong = err != nil
	}
}
