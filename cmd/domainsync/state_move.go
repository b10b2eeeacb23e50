package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// newState returns the commands for the state as a whole.
func newState(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Move, check, back up or restore the state, or have it forget persons",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStateMove(a), newStateCheck(a), newStateBackup(a), newStateRestore(a), newStateForget(a))
	return cmd
}

func newStateMove(a *app) *cobra.Command {
	var all bool
	var lockTimeout time.Duration
	cmd := &cobra.Command{
		Use:   "move TO",
		Short: "Move the journal to another state",
		Long: `Moves what --state records of the account to the state TO: a directory,
postgres://…, oss://… or s3://…, or @file for a file that says so. TO must have no
records of the account. The account is held at both ends. All records are read
back and compared before the old state is marked: from then on it is refused, with
where it went. A move that was interrupted goes on when it is made again.`,
		Args: exactly("TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return i.explain(a.moveState(i.soft, args[0], all, lockTimeout))
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "move the journals of all accounts that share --state")
	addLockTimeout(cmd, &lockTimeout)
	return cmd
}

func (a *app) moveState(ctx context.Context, to string, all bool, lockTimeout time.Duration) error {
	from, o, err := a.state()
	if err != nil {
		return err
	}
	if to, err = namedState(to); err != nil {
		return err
	}
	if journal.Shared(to) && !journal.Shared(from) {
		o.Endpoint, o.Account, o.Credential = a.pinned()
	}
	accounts, err := a.accountsToMove(ctx, from, o, all)
	if err != nil {
		return err
	}
	if len(accounts) > 1 && !journal.Shared(to) {
		return fmt.Errorf("%s has the journals of %s, and a directory holds that of one: move them one by one, each from the directory of its files", journal.Where(from), words.Count(len(accounts), "account"))
	}
	o.LockTimeout = lockTimeout
	for _, account := range accounts {
		if err := a.moveAccount(ctx, from, to, account, o); err != nil {
			return held(err)
		}
	}
	fmt.Fprintf(a.stdout, "Give %s as --state or in %s from now on.\n", inert.Text(journal.Where(to)), stateVariable)
	return nil
}

// accountsToMove returns whose journals are meant.
func (a *app) accountsToMove(ctx context.Context, from string, o journal.Options, all bool) ([]journal.Account, error) {
	if all && journal.Shared(from) {
		o.Endpoint, o.Account = "", ""
	}
	accounts, err := journal.Accounts(ctx, from, o)
	switch {
	case err != nil:
		return nil, err
	case len(accounts) == 0:
		return nil, fmt.Errorf("%w of this account in %s: nothing is to be moved", journal.ErrNoJournal, journal.Where(from))
	case len(accounts) > 1 && !all:
		return nil, fmt.Errorf("%w; or move all of them with --all", &journal.AccountError{Where: journal.Where(from), Have: accounts})
	}
	return accounts, nil
}

// moveAccount moves the journal of one account.
func (a *app) moveAccount(ctx context.Context, from, to string, account journal.Account, o journal.Options) error {
	if journal.Shared(to) && (account.Endpoint == "" || account.Account == "") {
		return &journal.AccountError{Where: journal.Where(to)}
	}
	o.Endpoint, o.Account = account.Endpoint, account.Account
	n, err := journal.Move(ctx, from, to, o)
	if e, ok := errors.AsType[*journal.MovedError](err); ok && e.To == journal.Where(to) {
		fmt.Fprintf(a.stdout, "The journal of %s was moved there before.\n", inert.Text(account.String()))
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Moved the journal of %s, %s, and compared what came.\n%s counts no more.\n",
		inert.Text(account.String()), words.Count(n, "record"), inert.Text(journal.Where(from)))
	return nil
}

func newStateBackup(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "Save the journal as a file",
		Long: `Saves the records of the account as they are at one moment, also while a run is
at work. The file tells what state restore needs, for a state of any kind. It holds
what was sent and bought, so only this user can read it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := requireFlags(cmd); err != nil {
				return err
			}
			return a.backUpState(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write it to this `file`")
	must(cmd.MarkFlagRequired("out"))
	return cmd
}

func (a *app) backUpState(ctx context.Context, out string) error {
	if err := canWrite(out); err != nil {
		return err
	}
	state, o, err := a.state()
	if err != nil {
		return err
	}
	o.Choose = true
	var b *journal.Backup
	err = a.writeFile(out, func(w io.Writer) error {
		b, err = journal.BackUp(ctx, state, o, w)
		return err
	})
	if errors.Is(err, journal.ErrNoJournal) {
		return fmt.Errorf("%w of this account in %s: nothing is to be saved", err, journal.Where(state))
	}
	if err == nil && out != "-" {
		fmt.Fprintf(a.stdout, "%s of %s saved to %s.\n", words.Count(b.Records, "record"), inert.Text(journal.Where(state)), out)
	}
	return held(err)
}

func newStateRestore(a *app) *cobra.Command {
	var lockTimeout time.Duration
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a saved journal into an empty state",
		Long: `Puts what state backup has saved into --state, which must have no records of the
account. What was recorded after the backup is missing: the journal counts as whole
only from now on. Do that only where the state of which the backup was made is lost;
one that still counts is moved with state move.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return i.explain(a.restoreState(i.soft, args[0], lockTimeout))
			})
		},
	}
	addLockTimeout(cmd, &lockTimeout)
	return cmd
}

func (a *app) restoreState(ctx context.Context, file string, lockTimeout time.Duration) error {
	b, err := readBackup(file)
	if err != nil {
		return err
	}
	state, o, err := a.state()
	if err != nil {
		return err
	}
	o.LockTimeout = lockTimeout
	if journal.Shared(state) {
		if o.Endpoint, o.Account, err = owner(file, b.Account, o); err != nil {
			return err
		}
	}
	if err := b.Restore(ctx, state, o); err != nil {
		return held(err)
	}
	fmt.Fprintf(a.stdout, "%s restored to %s, as they were on %s.\n"+
		"What was recorded since then is missing. domainsync state check --against-account\nshows tasks that the state does not know.\n",
		words.Count(b.Records, "record"), inert.Text(journal.Where(state)), formatTime(b.TakenAt))
	return nil
}

// owner returns whose records of a shared state a backup becomes: those of its own
// account, which the files must not contradict.
func owner(file string, of journal.Account, o journal.Options) (endpoint, account string, err error) {
	if of.Account != "" && o.Account != "" && of.Account != o.Account {
		return "", "", fmt.Errorf("the backup %s is of the account %s, and the files are of %s", file, inert.Text(of.Account), o.Account)
	}
	return cmp.Or(of.Endpoint, o.Endpoint), cmp.Or(of.Account, o.Account), nil
}

// readBackup reads a backup of a state.
func readBackup(name string) (*journal.Backup, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := journal.ReadBackup(f)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be restored: %w", name, err)
	}
	return b, nil
}
