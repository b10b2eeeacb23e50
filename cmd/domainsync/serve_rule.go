package main

import (
	"context"
	"fmt"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/words"
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
