package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// tellRule records in the log of the fleet which persons its file asks, where that is not
// what it said before.
func (s *fleetServer) tellRule(ctx context.Context) {
	now := s.runner.File().Rule().String()
	last, err := s.table.Acts(ctx, fleet.ActQuery{Deed: fleet.DeedRule, Limit: 1})
	if err == nil && (len(last) == 0 && len(s.runner.File().Persons) > 0 || len(last) > 0 && last[0].Detail != now) {
		err = s.table.Do(ctx, fleet.Act{By: s.by, Deed: fleet.DeedRule, Detail: now})
	}
	if err != nil {
		s.app.log.Error("which persons the file of the fleet asks could not be recorded", "error", err)
	}
}

// tellBrokenGlass records in the log of the fleet who had changes of an account made
// without their persons since the run before.
func (s *fleetServer) tellBrokenGlass(ctx context.Context, w fleet.Work, a *app) {
	if a.ended == nil || len(a.ended.BrokenGlass) == 0 {
		return
	}
	known, err := s.table.Acts(ctx, fleet.ActQuery{Job: w.Job.Name, Deed: fleet.DeedGlass})
	said := make(map[string]bool, len(known))
	for i := range known {
		said[known[i].By+" "+known[i].Detail] = true
	}
	for _, b := range a.ended.BrokenGlass {
		shown := b.Changes[:min(len(b.Changes), glassShown)]
		act := fleet.Act{By: b.By, Deed: fleet.DeedGlass, Job: w.Job.Name, Run: w.Turn.Run, Detail: fmt.Sprintf("%s: %s (%s)", words.List(shown, len(b.Changes)-len(shown)), a.maskedText(b.Reason), formatTime(b.At))}
		if err == nil && !said[act.By+" "+act.Detail] {
			err = s.table.Do(ctx, act)
		}
	}
	if err != nil {
		a.log.Error("who had changes made without their persons could not be recorded in the log of the fleet", "error", err)
	}
}

// glassShown is how many of such changes are named.
const glassShown = 10

// recordRules writes which persons the file of the fleet asks into the states of the
// accounts, for runs that are none of the fleet's. An account that is held has it from its
// next run, and so has one without a state.
func (s *fleetServer) recordRules(ctx context.Context, jobs []fleet.Job, rule *planner.PersonRule) {
	done := make(map[string]bool)
	for i := range jobs {
		if j := &jobs[i]; !done[j.Account()] && ctx.Err() == nil {
			done[j.Account()] = true
			s.recordRule(ctx, j, rule)
		}
	}
}

// renewRules writes the rule of another file of the fleet. Accounts that are no fleet's
// now come first: a state that machines share may take one whose files state no number for
// the only one that it knows, which has its rule again then.
func (s *fleetServer) renewRules(ctx context.Context, before, now *fleet.File) {
	s.recordRules(ctx, jobsGone(before, now), noRule())
	s.recordRules(ctx, now.Jobs, now.Rule())
}

// recordRule writes a rule into the state of a job's account, where it has another one.
func (s *fleetServer) recordRule(ctx context.Context, j *fleet.Job, rule *planner.PersonRule) {
	a := s.app.ofAccount(j)
	if err := a.writeRule(ctx, rule); err != nil && ctx.Err() == nil {
		s.app.log.Warn("which persons the fleet asks could not be written into the state of an account: its next run tries again", "job", j.Name, "error", err)
	}
}

// writeRule writes a rule into the state of the account, where it has another one.
func (a *app) writeRule(ctx context.Context, rule *planner.PersonRule) error {
	data, err := json.Marshal(rule)
	if err != nil {
		return err
	}
	var last []byte
	read, err := a.journalOfAccount(ctx, true, 0)
	if err == nil {
		last, err = read.LastRule(ctx)
		err = errors.Join(err, read.Close())
	}
	_, unknown := errors.AsType[*journal.AccountError](err)
	switch {
	case unknown, errors.Is(err, fs.ErrNotExist):
		return nil // its first run writes it
	case err != nil || bytes.Equal(last, data) || last == nil && len(rule.Persons) == 0:
		return err
	}
	j, err := a.journalOfAccount(ctx, false, 0)
	if err != nil {
		return err
	}
	err = j.RecordRule(ctx, data, j.Now())
	if errors.Is(err, journal.ErrReadOnly) {
		err = nil // a shared state does not know the account yet, as in the case above
	}
	return errors.Join(err, j.Close())
}

// noRule asks nobody.
func noRule() *planner.PersonRule { return new(planner.PersonRule) }

// jobsGone are the jobs of accounts that another file of the fleet has no more.
func jobsGone(before, now *fleet.File) (gone []fleet.Job) {
	has := make(map[string]bool)
	for i := range now.Jobs {
		has[now.Jobs[i].Account()] = true
	}
	for i := range before.Jobs {
		if !has[before.Jobs[i].Account()] {
			gone = append(gone, before.Jobs[i])
		}
	}
	return gone
}
