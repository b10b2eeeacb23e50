package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// pauses returns what holds in a state, as plans look at it.
func pauses(ctx context.Context, j *journal.Journal) ([]planner.Pause, error) {
	all, err := j.Pauses(ctx, j.Now())
	if err != nil || len(all) == 0 {
		return nil, err
	}
	held := make([]planner.Pause, len(all))
	for i, p := range all {
		names := planner.SelectNames(p.Patterns)
		if p.Undoes == 0 {
			if names, err = planner.Select(p.Patterns); err != nil {
				return nil, fmt.Errorf("pause %d: %w", p.ID, err)
			}
		}
		held[i] = planner.Pause{ID: p.ID, Undoes: p.Undoes, Names: names, Attributes: p.Attributes, Money: p.Money, Until: p.Until, Reason: p.Reason, By: p.By}
	}
	return held, nil
}

// dropPaused drops changes of which nothing was sent and that are paused since. What
// was begun goes on: a lock that was opened is closed.
func (e *engine) dropPaused(ctx context.Context, changes []*attr.Change) error {
	held, err := pauses(ctx, e.cfg.Journal)
	if e.undoes { // what it takes back is held for the sake of this run
		held = slices.DeleteFunc(held, func(p planner.Pause) bool { return p.Undoes != 0 })
	}
	if err != nil || len(held) == 0 {
		return err
	}
	now := e.now()
	for _, c := range e.unsent(changes) {
		if p := planner.PauseOf(held, c, now); p != nil {
			e.dropChange(c, p.String(), now)
		}
	}
	e.g.prune(now)
	return nil
}

// Pause holds changes back from now on, for whoever runs with the state. Patterns
// that select nothing are refused: they are none.
func Pause(ctx context.Context, j *journal.Journal, p journal.Pause) (journal.Pause, error) {
	if _, err := planner.Select(p.Patterns); err != nil {
		return p, err
	}
	for _, name := range p.Attributes {
		if attr.Lookup(name) == nil {
			return p, fmt.Errorf("there is no attribute %q", name)
		}
	}
	if p.Until.IsZero() && p.Reason == "" {
		return p, errors.New("a pause without an end needs a reason, so that somebody knows when to end it")
	}
	var err error
	p.At = j.Now()
	if !p.Until.IsZero() && !p.Until.After(p.At) {
		return p, fmt.Errorf("the pause would have ended on %s already", p.Until.UTC().Format("2006-01-02 15:04 MST"))
	}
	p.ID, err = j.Pause(ctx, p)
	return p, err
}

// Unpause ends what holds for patterns, as they were paused; without any, all. It
// returns what has ended, each with the patterns for which it has. A pattern that
// was not paused is an error, and then nothing ends.
func Unpause(ctx context.Context, j *journal.Journal, patterns []string, by string) ([]journal.Pause, error) {
	all, err := j.Pauses(ctx, j.Now())
	if err != nil {
		return nil, err
	}
	wanted := make(map[wire.NamePattern]bool, len(patterns))
	for _, given := range patterns {
		p, err := wire.ParseNamePattern(given)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(held journal.Pause) bool { return slices.ContainsFunc(held.Patterns, same(p)) }) {
			return nil, fmt.Errorf("nothing is paused as %q: give the pattern as domainsync pause lists it, or none to end all pauses", given)
		}
		wanted[p] = true
	}
	var gone []journal.Pause
	for _, p := range all {
		if len(patterns) > 0 {
			p.Patterns = slices.DeleteFunc(p.Patterns, func(given string) bool {
				parsed, err := wire.ParseNamePattern(given)
				return err != nil || !wanted[parsed]
			})
			if len(p.Patterns) == 0 {
				continue
			}
		}
		if err := j.Unpause(ctx, p.ID, p.Patterns, by, j.Now()); err != nil {
			return gone, err
		}
		gone = append(gone, p)
	}
	return gone, nil
}

// same returns whether a pattern, as it was given, is another spelling of one.
func same(p wire.NamePattern) func(given string) bool {
	return func(given string) bool {
		other, err := wire.ParseNamePattern(given)
		return err == nil && other == p
	}
}
