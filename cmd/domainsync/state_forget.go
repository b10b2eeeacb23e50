package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
)

// forgetFlags are the flags of state forget.
type forgetFlags struct {
	who         string
	before      string
	yes         bool
	lockTimeout time.Duration
}

func newStateForget(a *app) *cobra.Command {
	var f forgetFlags
	cmd := &cobra.Command{
		Use:   "forget [NAME-or-E-MAIL]",
		Short: "Forget persons, and keep the runs that told of them",
		Long: `Takes out of the state what runs told of persons: of one with this e-mail address
or name, of those to whom changes of a domain name gave it or took it from, or with
--before of all in runs that ended before then. What they share with other names is
forgotten there, too. What was read of the account is deleted whole, for it holds
contacts as they were, and is read again when it is needed. Runs stay, with what
they bought and what proves it. A run that is open and needs what was forgotten
cannot be resumed. No account is asked.`,
		Example: `  domainsync state forget ada@example.com
  domainsync state forget "Ada Example"
  domainsync state forget example.com
  domainsync state forget --before 365d --yes`,
		Args: atMostOne("NAME-or-E-MAIL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.who = args[0]
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.forget(i.soft, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.before, "before", "", "all persons of runs that ended before this `time`: 2026-01-31, or 365d for 365 days ago")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	addLockTimeout(cmd, &f.lockTimeout)
	return cmd
}

func (a *app) forget(ctx context.Context, f forgetFlags) error {
	o, err := f.options(a.clock.Now())
	if err != nil {
		return err
	}
	whom := "the state forget " + a.masker.Text(f.who)
	if f.who == "" {
		whom = "the state forget all persons of runs that ended before " + formatTime(o.Before)
	}
	if err := a.confirm(ctx, f.yes, "This makes "+whom); err != nil {
		return err
	}
	return a.writeJournal(ctx, f.lockTimeout, func(j *journal.Journal) error { return a.forgetIn(ctx, j, o) })
}

// options says who is meant.
func (f forgetFlags) options(now time.Time) (o executor.ForgetOptions, err error) {
	switch {
	case f.who == "" && f.before == "":
		return o, errors.New("say who is to be forgotten: an e-mail address, a name of a person or a domain name, or --before a time")
	case f.who != "" && f.before != "":
		return o, errors.New("give a name or e-mail address, or --before, not both")
	case f.before == "":
		o.Who = f.who
		return o, nil
	}
	if o.Before, err = parseTime(f.before, now); err != nil {
		return o, fmt.Errorf("--before: %w", err)
	}
	return o, nil
}

// forgetIn forgets whom the options mean in a journal, and what was read of its
// account.
func (a *app) forgetIn(ctx context.Context, j *journal.Journal, o executor.ForgetOptions) error {
	gone, err := executor.Forget(ctx, j, o)
	switch {
	case journal.RoomKept(err):
		err = fmt.Errorf("%w; repeat the command when no other process reads the state", err)
	case err != nil:
		return err
	}
	if failure := a.forgetBlobs(ctx, j); failure != nil {
		return errors.Join(err, fmt.Errorf("the runs have forgotten them, and what was read of the account and the stored plans could not be deleted, so repeat the command: %w", failure))
	}
	fmt.Fprintf(a.stdout, "Forgotten: %s of %s, what was read of the account, and the plans that were stored.\n", words.Count(gone.Persons, "entry"), words.Count(len(gone.Runs), "run"))
	for _, id := range gone.Open {
		fmt.Fprintf(a.stdout, "Run %d is open, and cannot be resumed where it needs them: apply settles it and plans anew, resume --abandon closes it.\n", id)
	}
	return err
}

// forgetBlobs deletes what is kept of the readings of a journal's account, and of its
// plans: they hold its contacts.
func (a *app) forgetBlobs(ctx context.Context, j *journal.Journal) error {
	state, o, err := a.state()
	if err != nil {
		return err
	}
	return errors.Join(job.ForgetBlobs(ctx, job.ReadingsIn(state, o), j), job.ForgetBlobs(ctx, job.PlansIn(state, o), j))
}
