package executor

import (
	"context"
	"errors"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// A check is a question that steps ask before they are sent. It is asked once
// for all steps that ask the same.
type check struct {
	request wire.Request
	nodes   []*node
	err     error
}

// preflight asks what the steps that are to be sent must know first, and fails
// those that get a refusal. That is before anything is sent: no lock is opened
// for a step that fails here.
func (e *engine) preflight(ctx context.Context) {
	checks := e.checks()
	if len(checks) == 0 {
		return
	}
	_ = e.untilStopped(ctx, func(ctx context.Context) error {
		p := pool.New().WithMaxGoroutines(parallel)
		for _, c := range checks {
			p.Go(func() { c.err = e.ask(ctx, c.request) })
		}
		p.Wait()
		return nil
	})
	now := e.now()
	for _, c := range checks {
		e.failPreflight(c, now)
	}
	e.g.prune(now)
}

// untilStopped waits for something that only looks, before anything is sent. The
// first interrupt ends it: the loop sees that, too, and sends nothing.
func (e *engine) untilStopped(ctx context.Context, look func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	looked := make(chan struct{})
	e.calls.Go(func() { // to begin a call is to wait for one to end, where there are many
		defer close(looked)
		err = look(ctx)
	})
	select {
	case <-looked:
	case <-e.toStop:
		cancel()
		<-looked
	}
	return err
}

// checks returns the questions of the steps that are to be sent, in order.
func (e *engine) checks() []*check {
	var all []*check
	byKey := make(map[string]*check)
	for _, n := range e.g.nodes {
		key := n.CheckKey()
		if key == "" || n.phase >= sent {
			continue
		}
		c := byKey[key]
		if c == nil {
			c = &check{request: n.Check}
			byKey[key] = c
			all = append(all, c)
		}
		c.nodes = append(c.nodes, n)
	}
	return all
}

// ask asks until the service was asked: a turn under the run's own limit that
// does not come in time is no refusal.
func (e *engine) ask(ctx context.Context, r wire.Request) error {
	for {
		err := e.askOnce(ctx, r)
		if !errors.Is(err, wire.ErrNoTurn) || ctx.Err() != nil {
			return err
		}
	}
}

func (e *engine) askOnce(ctx context.Context, r wire.Request) error {
	ctx, cancel := e.cfg.Clock.WithTimeout(ctx, e.cfg.Timing.SubmitWithin)
	defer cancel()
	_, err := e.do(ctx, r)
	return err
}

// failPreflight fails the steps whose check failed.
func (e *engine) failPreflight(c *check, now time.Time) {
	if c.err == nil || errors.Is(c.err, context.Canceled) {
		return // cancelled: nothing will be sent anyway
	}
	e.cfg.Log.Error("a check failed", "operation", wire.OperationOf(c.request).Name, "changes", len(c.nodes), "error", c.err)
	if wire.StopsOperation(c.err) {
		e.note("%v", c.err)
	}
	for _, n := range c.nodes {
		if n.phase != ended {
			e.fail(n, now)
			n.why = "not sent: " + c.err.Error()
		}
	}
}
