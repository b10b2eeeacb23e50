package executor

import (
	"context"
	"slices"

	"github.com/domainsync/domainsync/executor/journal"
)

// Relock closes the locks that the runs which are open have opened, and acknowledges
// what has ended. It sends nothing else, drops nothing, and waits for nothing but what
// these locks were opened for: there may be little time. The runs stay open, for a
// resume or the next apply. The report is nil where no run is open.
func Relock(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), relockRun)
}

// relockRun goes on with a run as after an interrupt.
func relockRun(ctx context.Context, cfg Config, run journal.Run) (*Report, error) {
	e, changes, err := reopen(ctx, cfg, run.ID, false)
	if err != nil {
		return nil, err
	}
	e.relocking = true
	e.interrupted, e.skipUncertain = true, true
	e.stop(wasInterrupted)
	return e.execute(ctx, changes)
}

// relocked reports whether nothing is left to do for a run that only closes its locks:
// each has ended, and the results that were there have been read. What is not
// acknowledged then is so at once.
func (e *engine) relocked() bool {
	return e.relocking && (e.sawResults || len(e.open) == 0) && len(e.requestsInFlight) == 0 && len(e.lostAnswers) == 0 && !e.finding &&
		!slices.ContainsFunc(e.g.nodes, func(n *node) bool { return n.Owed && n.phase != ended })
}

// isIdle reports whether no acknowledgement is left to be sent, or under way.
func (a *acker) isIdle() bool { return len(a.queue)+len(a.parts)+a.busy == 0 }
