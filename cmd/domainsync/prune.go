package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
)

// pruneFlags are the flags of runs prune.
type pruneFlags struct {
	before      string
	yes         bool
	lockTimeout time.Duration
}

func newRunsPrune(a *app) *cobra.Command {
	var f pruneFlags
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Forget runs that ended long ago",
		Long: `Takes runs out of the journal that ended more than a year and a week ago, or
before --before, and gives their room back. Younger ones are needed: budgets,
orders and answers that were lost are counted and looked for there. The last run
stays, and so does one of which something is not known. Since when DS records
were seen is never forgotten. Pauses and approvals that ended before then go, too.
No account is asked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.prune(i.soft, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.before, "before", "", "only runs that ended before this `time`: 2026-01-31, or 500d for 500 days ago")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	addLockTimeout(cmd, &f.lockTimeout)
	return cmd
}

// time returns before when runs are forgotten.
func (f pruneFlags) time(now time.Time) (time.Time, error) {
	latest := executor.Retention(now)
	if f.before == "" {
		return latest, nil
	}
	before, err := parseTime(f.before, now)
	if err != nil {
		return before, fmt.Errorf("--before: %w", err)
	}
	if before.After(latest) {
		return before, fmt.Errorf("--before %s: what runs did is needed for a year and a week, so give %s or earlier", f.before, latest.Format(time.DateOnly))
	}
	return before, nil
}

func (a *app) prune(ctx context.Context, f pruneFlags) error {
	before, err := f.time(a.clock.Now())
	if err != nil {
		return err
	}
	old, err := a.prunable(ctx, before)
	if err != nil {
		return err
	}
	if len(old.Runs)+old.Facts == 0 && !old.room {
		fmt.Fprintf(a.stdout, "Nothing ended before %s: there is nothing to forget.\n", formatTime(before))
		return nil
	}
	if err := a.confirm(ctx, f.yes, fmt.Sprintf("This forgets %s that ended before %s", old, formatTime(before))); err != nil {
		return err
	}
	return a.writeJournal(ctx, f.lockTimeout, func(j *journal.Journal) error {
		was := a.journalSize()
		pruned, err := j.Prune(ctx, before)
		fmt.Fprintf(a.stdout, "%s forgotten.", prunable{Pruned: pruned})
		if was > 0 {
			fmt.Fprintf(a.stdout, " The journal took %s, and takes %s now.", megabytes(was), megabytes(a.journalSize()))
		}
		fmt.Fprintln(a.stdout)
		for _, id := range pruned.Kept {
			fmt.Fprintf(a.stdout, "Run %d is kept: what became of all that it sent is not known.\n", id)
		}
		return err
	})
}

// prunable is what can be forgotten, or was.
type prunable struct {
	journal.Pruned
	room bool // something that was forgotten still takes its room
}

// prunable returns what of the journal ended before a time.
func (a *app) prunable(ctx context.Context, before time.Time) (p prunable, err error) {
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		runs, err := j.Runs(ctx)
		for i := range runs {
			if end := runs[i].Ended(); !end.IsZero() && end.Before(before) {
				p.Runs = append(p.Runs, runs[i].ID)
			}
		}
		if err == nil {
			p.Facts, p.room, err = j.Outdated(ctx, before)
		}
		return err
	})
	return p, err
}

// String says how much it is.
func (p prunable) String() string {
	if p.Facts == 0 {
		return words.Count(len(p.Runs), "run")
	}
	return words.Count(len(p.Runs), "run") + ", and " + words.Count(p.Facts, "entry") + " of pauses and approvals"
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// journalSize is the size of the journal's file in bytes, 0 where there is none.
func (a *app) journalSize() int64 {
	state, _, err := a.state()
	if err != nil {
		return 0
	}
	info, err := os.Stat(filepath.Join(state, "journal.db"))
	if err != nil {
		return 0
	}
	return info.Size()
}
