package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

func addLimit(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", 0, "change `N` names at most")
}

func checkLimit(limit int) error {
	if limit < 0 {
		return fmt.Errorf("--limit %d: give a number of names", limit)
	}
	return nil
}

func addGuards(cmd *cobra.Command, guards *[]string) {
	cmd.Flags().StringArrayVar(guards, "guard", nil, "the limit of a guard for this run alone, instead of the one in the files, as `NAME=N` (repeatable)")
	completeWith(cmd, "guard", guardNames...)
}

// guardNames are the guards that have a limit.
var guardNames = []string{planner.GuardPercent, planner.GuardDelegations, planner.GuardRegistrants, planner.GuardReleased, planner.GuardFailures}

// overrideGuards puts the limits of the command line over those of the files, and
// says so: what is meant for once needs no edit that somebody must take back.
func (a *app) overrideGuards(p *config.Portfolio, guards []string) error {
	limits := p.Guard.Limits()
	for _, given := range guards {
		name, text, _ := strings.Cut(given, "=")
		limit := limits[name]
		if limit == nil {
			return fmt.Errorf("--guard %s: no guard is called %q%s", given, name, perhaps(name, guardNames))
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("--guard %s: write %s=N, with a whole number", given, name)
		}
		a.log.Warn("the limit of a guard is set for this run", "guard", name, "limit", n)
		p.Guard.SetForOneRun(name, n)
	}
	return nil
}
