package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

func newResume(a *app) *cobra.Command {
	var f runFlags
	var abandon bool
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Finish an interrupted run",
		Long: `Continues the stored plan of the run that is open: finds out what became of
what was sent, sends what was not, closes locks that were opened, and makes what
the plan has announced to follow. With
--abandon the run is closed as it is and nothing is asked or sent; names in
doubt and names left unlocked are listed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				if abandon {
					return a.abandon(i, f)
				}
				return a.resume(i, f)
			})
		},
	}
	cmd.Flags().BoolVar(&abandon, "abandon", false, "close the open run as it is")
	addRunFlags(cmd, &f)
	return cmd
}

func (a *app) resume(i interrupts, f runFlags) (err error) {
	if open, err := a.hasOpenRun(i.soft); err != nil || !open {
		return a.nothingTo("resume", err)
	}
	portfolio, err := a.loadAccount()
	if err != nil {
		return err
	}
	s, err := a.open(i, portfolio, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	plans, err := executor.OpenPlans(s.soft, s.journal)
	if err != nil {
		return s.end(err)
	}
	r, err := executor.Resume(s.hard, s.config())
	if r == nil {
		return a.nothingTo("resume", s.end(err)) // another process has finished it meanwhile
	}
	codes := []int{r.ExitCode()}
	for _, p := range plans {
		if err == nil {
			var more []int
			r, more, err = s.follow(p, nil, r)
			codes = append(codes, more...)
		}
	}
	return s.conclude(r, new(work), codes, f.report, err)
}

// hasOpenRun reports whether there is something to resume. Where there is not,
// nobody needs to be asked who he is.
func (a *app) hasOpenRun(ctx context.Context) (open bool, err error) {
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		runs, err := j.Open(ctx)
		open = len(runs) > 0
		return err
	})
	return open, err
}

// nothingTo says that no run is open, unless something went wrong.
func (a *app) nothingTo(verb string, err error) error {
	if err == nil {
		fmt.Fprintf(a.stdout, "No run is open: there is nothing to %s.\n", verb)
	}
	return err
}

// abandon closes what is open. It asks nobody: the way out must not depend on
// the service.
func (a *app) abandon(i interrupts, f runFlags) (err error) {
	s := &session{service: &service{app: a}, interrupts: i}
	s.journal, err = journal.Open(s.soft, a.stateDir(), journal.Options{Clock: a.clock, LockTimeout: f.lockTimeout})
	if err != nil {
		return s.end(errors.Join(err, s.close()))
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.endpoint, s.account, err = s.journal.Binding(s.soft); err != nil {
		return err
	}
	r, err := executor.Abandon(s.hard, executor.Config{Journal: s.journal, Clock: a.clock, Log: a.log})
	if r == nil {
		return a.nothingTo("abandon", s.end(err))
	}
	fmt.Fprintln(a.stdout, "The run is closed. The next plan shows what is left to do.")
	return s.conclude(r, new(work), abandoned(r), f.report, err)
}

// abandoned is the exit code of a run that was given up: nothing of it is open
// any more, and what it leaves is for a person to look at.
func abandoned(r *executor.Report) []int {
	if r.ExitCode() != exitDone {
		return []int{exitFailed}
	}
	return nil
}
