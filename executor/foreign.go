package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// dropForeign drops changes of which nothing was sent and on whose names somebody
// else is working: a plan of today would let them wait. Where the account's tasks
// cannot be read nothing is bought, and settings are changed all the same.
func (e *engine) dropForeign(ctx context.Context, changes []*attr.Change) {
	fresh := e.unsent(changes)
	if len(fresh) == 0 {
		return
	}
	others := Others{Service: e.cfg.Service, Journal: e.cfg.Journal, PageSize: e.cfg.PageSize, Clock: e.cfg.Clock}
	var tasks *snapshot.Tasks
	err := e.untilStopped(ctx, func(ctx context.Context) (err error) {
		tasks, err = others.Tasks(ctx)
		return err
	})
	switch {
	case errors.Is(err, context.Canceled):
		return // nothing will be sent
	case err != nil:
		e.note("the account's open tasks are not known, so somebody else may be changing the same names; settings are changed all the same, and nothing is bought: %v", err)
		tasks = new(snapshot.Tasks)
	}
	for untold := range planner.UntoldTasks(tasks) {
		e.cfg.Log.Warn("a task of somebody else does not tell all of its names: " + untold)
	}
	tasks.Open = slices.DeleteFunc(tasks.Open, e.maybeOwn())
	now, foreign := e.now(), planner.ForeignTasksOf(tasks)
	for _, c := range fresh {
		if err != nil && c.Cost != nil {
			e.dropChange(c, "whether somebody else has ordered the same is not known: "+err.Error(), now)
			continue
		}
		for reason := range foreign.HoldBack(c) {
			e.dropChange(c, reason, now)
			break
		}
	}
	e.g.prune(now)
}

// maybeOwn reports of open tasks that the journal does not know whether they may be
// those of the run's own requests without an answer, which are yet to be found.
func (e *engine) maybeOwn() func(t snapshot.Task) bool {
	lost := make([]wanted, len(e.lostAnswers))
	for i, u := range e.lostAnswers {
		lost[i] = e.wanted(u.batch)
	}
	x := indexWanted(lost)
	return func(t snapshot.Task) bool {
		c := candidate{no: t.Number, kind: t.Type, created: t.Created}
		return len(t.Names) > 0 && len(x.about(&c, t.Names)) > 0
	}
}
