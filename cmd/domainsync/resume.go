package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

func newResume(a *app) *cobra.Command {
	var f runFlags
	var abandon, relock bool
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Finish an interrupted run",
		Long: `Continues the stored plan of the run that is open: finds out what became of
what was sent, sends what was not, closes locks that were opened, and makes what
the plan has announced to follow. With
--abandon the run is closed as it is and nothing is asked or sent; names in
doubt and names left unlocked are listed.

With --relock-only the update locks that the run has opened are closed, and what
has ended is acknowledged: nothing else is sent, and the run stays open, for resume
or the next apply. It is for a step that a runner makes always, also after it was
cancelled: the exit code is 0 where no lock is open any more, 4 where one is.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				switch {
				case abandon:
					return a.abandon(i, f)
				case relock:
					if !cmd.Flags().Changed("lock-timeout") {
						f.lockTimeout = lockOfTheDead
					}
					return a.resume(i, f, "relock", (*job.Job).Relock)
				}
				return a.resume(i, f, "resume", (*job.Job).Resume)
			})
		},
	}
	cmd.Flags().BoolVar(&relock, "relock-only", false, "only close the locks that the open run has opened")
	cmd.Flags().BoolVar(&abandon, "abandon", false, "close the open run as it is")
	cmd.MarkFlagsMutuallyExclusive("abandon", "relock-only")
	addRunFlags(cmd, &f)
	addMetrics(cmd)
	return saysEnd(cmd)
}

// lockOfTheDead is how long to wait for the account of a run that a runner has just
// killed, where nobody says: until its lease ends.
const lockOfTheDead = 2 * store.DefaultLease

// resume goes on with the run that is open, as far as a verb says.
func (a *app) resume(i interrupts, f runFlags, verb string, goOn func(*job.Job, context.Context) (*job.Result, error)) error {
	if open, err := a.hasOpenRun(i.soft); err != nil || !open {
		return a.nothingTo(verb, err)
	}
	defer a.spareMemory()()
	defer outliveReaders()()
	portfolio, err := a.loadAccount()
	if err != nil {
		return err
	}
	w := a.watch(&terminalView{app: a})
	j, err := a.newJob(i, portfolio, f, w)
	if err != nil {
		return err
	}
	r, err := goOn(j, i.hard)
	if err == nil && r.Report == nil {
		return a.nothingTo(verb, nil) // another process has finished it meanwhile
	}
	return w.end(r, err)
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
func (a *app) abandon(i interrupts, f runFlags) error {
	w := a.watch(&terminalView{app: a})
	j, err := a.localJob(i, f, w, a.clock)
	if err != nil {
		return err
	}
	r, err := j.Abandon(i.hard)
	if err == nil && r.Report == nil {
		return a.nothingTo("abandon", nil)
	}
	return w.end(r, err)
}
