package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
)

// pauseFlags are the flags of pause.
type pauseFlags struct {
	until, reason string
	attributes    []string
	money         bool
	lockTimeout   time.Duration
}

// asks reports whether something is to be paused, and not listed.
func (f *pauseFlags) asks(patterns []string) bool {
	return len(patterns) > 0 || f.until != "" || f.reason != "" || len(f.attributes) > 0 || f.money
}

func newPause(a *app) *cobra.Command {
	var f pauseFlags
	cmd := &cobra.Command{
		Use:   "pause [PATTERN...]",
		Short: "Change nothing of some names for a while, whoever runs",
		Long: `Holds changes back from now on, as a hold block does, for every machine that runs
with this state: of the names that the patterns select, or of everything without a
pattern. Patterns are those of --target. What costs money (registration, renewal,
redemption) goes on, unless --money is given. A pause ends at --until, or by unpause;
without --until it needs a reason. Plans show it, and who made it. What was sent goes
on. Without arguments and flags, what is paused is listed. No account is asked.`,
		Example: `  domainsync pause
  domainsync pause example.com --until 24h --reason "incident 42"
  domainsync pause '*.example' --attributes nameservers,ds_records --until 2026-12-01
  domainsync pause --money --reason "nothing changes until the audit is over"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !f.asks(args) {
				return a.listPauses(cmd.Context())
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.pause(i.soft, args, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.until, "until", "", "the pause ends at this `time`: 2026-12-01, 2026-12-01T12:00:00Z, or how long it lasts, such as 24h or 7d")
	flags.StringVar(&f.reason, "reason", "", "why, for those who read plans")
	flags.StringSliceVar(&f.attributes, "attributes", nil, "only these `attributes`, instead of all that cost no money")
	flags.BoolVar(&f.money, "money", false, "buy nothing either")
	addLockTimeout(cmd, &f.lockTimeout)
	return cmd
}

func newUnpause(a *app) *cobra.Command {
	var lockTimeout time.Duration
	cmd := &cobra.Command{
		Use:   "unpause [PATTERN...]",
		Short: "End what pause has begun",
		Long: `Ends pauses for these patterns, as pause lists them, or all pauses. A pause of
several patterns goes on for the others.`,
		Example: `  domainsync unpause example.com
  domainsync unpause`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.unpause(i.soft, args, lockTimeout) })
		},
	}
	addLockTimeout(cmd, &lockTimeout)
	return cmd
}

// operator is who runs the program, and on which machine.
func (a *app) operator() string {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return a.person() + "@" + cmp.Or(host, "some machine")
}

func (a *app) pause(ctx context.Context, patterns []string, f pauseFlags) error {
	p := journal.Pause{Patterns: patterns, Attributes: f.attributes, Money: f.money, Reason: f.reason, By: a.operator()}
	return a.writeJournal(ctx, f.lockTimeout, func(j *journal.Journal) (err error) {
		if f.until != "" {
			if p.Until, err = parseEnd(f.until, j.Now()); err != nil {
				return fmt.Errorf("--until: %w", err)
			}
		}
		if p, err = executor.Pause(ctx, j, p); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Paused: %s\n", a.pauseLine(&p))
		return nil
	})
}

func (a *app) unpause(ctx context.Context, patterns []string, lockTimeout time.Duration) error {
	return a.writeJournal(ctx, lockTimeout, func(j *journal.Journal) error {
		gone, err := executor.Unpause(ctx, j, patterns, a.operator())
		for i := range gone {
			fmt.Fprintf(a.stdout, "Paused no more: %s\n", a.pauseLine(&gone[i]))
		}
		if err == nil && len(gone) == 0 {
			fmt.Fprintln(a.stdout, "Nothing is paused.")
		}
		return err
	})
}

// listPauses prints what is paused.
func (a *app) listPauses(ctx context.Context) error {
	return a.readJournal(ctx, func(j *journal.Journal) error {
		all, err := j.Pauses(ctx, j.Now())
		if err == nil && len(all) == 0 {
			fmt.Fprintln(a.stdout, "Nothing is paused.")
		}
		for i := range all {
			fmt.Fprintln(a.stdout, a.pauseLine(&all[i]))
		}
		return err
	})
}

// patternsShown is how many patterns of a pause are shown: that of an undo has a name
// in each.
const patternsShown = 10

// pauseLine says what a pause is of, until when, who made it and why: a reason is
// free text, which may tell of persons.
func (a *app) pauseLine(p *journal.Pause) string {
	what := "everything"
	if len(p.Patterns) > 0 {
		what = words.List(p.Patterns[:min(len(p.Patterns), patternsShown)], len(p.Patterns)-patternsShown)
	}
	if len(p.Attributes) > 0 {
		what += " (" + strings.Join(p.Attributes, ", ") + ")"
	}
	until := "until somebody ends it"
	if !p.Until.IsZero() {
		until = "until " + formatTime(p.Until)
	}
	money := "purchases go on"
	if p.Money {
		money = "nothing is bought"
	}
	line := fmt.Sprintf("%s, %s, %s, by %s on %s", what, until, money, p.By, formatTime(p.At))
	if p.Reason != "" {
		line += ": " + a.masker.Text(p.Reason)
	}
	return line
}
