package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// stateCheckFlags are the flags of state check.
type stateCheckFlags struct {
	account bool
	since   string
	format  string
}

func newStateCheck(a *app) *cobra.Command {
	var f stateCheckFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read every record of the state, and say what stands open",
		Long: `Reads and decodes every record, says which runs are open and since when the journal
remembers everything. It needs no account and holds none. With --against-account it
compares tasks with those that the account lists, of the last 30 days or since the
journal remembers everything: a task that only the account knows is somebody else's,
or was recorded in a state that is lost; one that only the state knows belongs to
another account, or is older than what the service keeps. Either is exit code 4, and
a record that cannot be read is 1.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return i.explain(a.checkState(i.soft, f)) })
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.account, "against-account", false, "compare tasks with those of the account")
	flags.StringVar(&f.since, "since", "", "compare tasks since this `time`: 2026-01-31, or 90d for 90 days ago")
	flags.StringVar(&f.format, "format", "text", "`format` of the output: text, json")
	completeWith(cmd, "format", "text", "json")
	return cmd
}

// checkedState is what was found out about a state, as JSON has it.
type checkedState struct {
	State     string           `json:"state"`
	Endpoint  string           `json:"endpoint"`
	Account   string           `json:"account"`
	Records   int              `json:"records"`
	Bytes     int64            `json:"bytes"`
	Kinds     map[string]int   `json:"kinds"`
	Runs      int              `json:"runs"`
	Purchases int              `json:"purchases"`
	Open      []checkedRun     `json:"open_runs"`
	Undecided []int64          `json:"undecided_runs"`
	Since     *time.Time       `json:"whole_since"`
	Loss      string           `json:"loss,omitempty"`
	Problems  []string         `json:"problems"`
	Tasks     *taskDifferences `json:"tasks,omitempty"`
}

type checkedRun struct {
	journal.Run
	Batches map[journal.State]int `json:"batches"`
}

type taskDifferences struct {
	Since   time.Time              `json:"since"`
	Account int                    `json:"of_the_account"`
	State   int                    `json:"of_the_state"`
	Unknown []executor.AccountTask `json:"unknown_to_the_state"`
	Missing []string               `json:"unknown_to_the_account"`
}

func (a *app) checkState(ctx context.Context, f stateCheckFlags) error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	var c checkedState
	err := a.readJournal(ctx, func(j *journal.Journal) (err error) {
		if c, err = a.inspect(ctx, j); err == nil && f.account {
			c.Tasks, err = a.compareTasks(ctx, j, f.since, c.Since)
		}
		return err
	})
	if err != nil {
		return err
	}
	if f.format == "json" {
		err = a.printJSON(c)
	} else {
		err = a.showCheck(&c)
	}
	switch {
	case err != nil:
		return err
	case len(c.Problems) > 0:
		return failed(exitError, "%s of the state %s", words.Count(len(c.Problems), "problem"), c.State)
	case c.Tasks != nil && len(c.Tasks.Unknown)+len(c.Tasks.Missing) > 0:
		return ended(exitFailed)
	}
	return nil
}

// inspect reads the whole journal.
func (a *app) inspect(ctx context.Context, j *journal.Journal) (c checkedState, err error) {
	state, _, err := a.state()
	if err != nil {
		return c, err
	}
	in, err := j.Inspect(ctx)
	if err != nil {
		return c, err
	}
	c = checkedState{
		State: journal.Where(state), Records: in.Records, Bytes: in.Bytes, Kinds: in.Kinds, Runs: in.Runs, Purchases: in.Purchases,
		Undecided: append([]int64{}, in.Undecided...), Problems: append([]string{}, in.Problems...), Open: []checkedRun{},
	}
	for _, r := range in.Open {
		c.Open = append(c.Open, checkedRun{r.Run, r.Batches})
	}
	if !in.Since.IsZero() {
		c.Since = &in.Since
	}
	if in.Loss != nil {
		c.Loss = in.Loss.Reason
	}
	c.Endpoint, c.Account, err = j.Binding(ctx)
	return c, err
}

// comparedDays is for how long tasks are compared unless something else is said. The
// service keeps them for a time that nobody states.
const comparedDays = 30

// compareTasks compares the journal's tasks with those of the account.
func (a *app) compareTasks(ctx context.Context, j *journal.Journal, text string, whole *time.Time) (*taskDifferences, error) {
	s, err := a.reach(ctx)
	if err != nil {
		return nil, err
	}
	if err := j.Check(ctx, s.endpoint, s.account); err != nil {
		return nil, err
	}
	now := a.clock.Now()
	since := now.AddDate(0, 0, -comparedDays)
	if whole != nil && whole.After(since) {
		since = *whole
	}
	if text != "" {
		if since, err = parseTime(text, now); err != nil {
			return nil, fmt.Errorf("--since: %w", err)
		}
	}
	c, err := executor.CompareTasks(ctx, s, s.pageSize, j, since)
	if err != nil {
		return nil, err
	}
	return &taskDifferences{
		Since: c.Since, Account: c.Account, State: c.Journal,
		Unknown: append([]executor.AccountTask{}, c.Unknown...), Missing: append([]string{}, c.Missing...),
	}, nil
}

// showCheck prints for people what was found out.
func (a *app) showCheck(c *checkedState) error {
	fmt.Fprintf(a.stdout, "%s", inert.Text(c.State))
	if c.Endpoint != "" {
		fmt.Fprintf(a.stdout, ", account %s at %s", inert.Text(c.Account), inert.Text(c.Endpoint))
	}
	fmt.Fprintf(a.stdout, "\n%s (%s), %s, %s\n", words.Count(c.Records, "record"), megabytes(c.Bytes), words.Count(c.Runs, "run"), words.Count(c.Purchases, "purchase"))
	switch {
	case c.Since == nil:
		fmt.Fprintln(a.stdout, "Nothing was recorded yet.")
	case c.Loss != "":
		fmt.Fprintf(a.stdout, "It remembers everything only since %s: %s.\n", formatTime(*c.Since), inert.Text(c.Loss))
	default:
		fmt.Fprintf(a.stdout, "It remembers everything since its first use, %s.\n", formatTime(*c.Since))
	}
	a.showOpen(c)
	for _, p := range c.Problems {
		fmt.Fprintf(a.stdout, "Cannot be used: %s\n", inert.Text(p))
	}
	if c.Tasks == nil {
		return nil
	}
	return a.showTasks(c.Tasks)
}

// showOpen prints what stands open.
func (a *app) showOpen(c *checkedState) {
	if len(c.Open)+len(c.Undecided) == 0 {
		fmt.Fprintln(a.stdout, "Nothing stands open.")
	}
	for _, r := range c.Open {
		fmt.Fprintf(a.stdout, "Run %d, which began %s, is open", r.ID, formatTime(r.Began))
		for _, s := range slices.Sorted(maps.Keys(r.Batches)) {
			fmt.Fprintf(a.stdout, ", %s %s", words.Count(r.Batches[s], "request"), s)
		}
		fmt.Fprintln(a.stdout, ".")
	}
	for _, id := range c.Undecided {
		fmt.Fprintf(a.stdout, "Run %d is over, but what became of all that it sent is not known.\n", id)
	}
}

// showTasks prints where the state and the account differ about tasks.
func (a *app) showTasks(d *taskDifferences) error {
	fmt.Fprintf(a.stdout, "\nSince %s the account lists %s, and the state knows %d.\n", formatTime(d.Since), words.Count(d.Account, "task"), d.State)
	if len(d.Unknown)+len(d.Missing) == 0 {
		fmt.Fprintln(a.stdout, "They are the same.")
	}
	if len(d.Unknown) > 0 {
		fmt.Fprintf(a.stdout, "The state does not know %s: somebody else's, or of a state that was lost.\n", words.Count(len(d.Unknown), "task"))
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TASK\tTYPE\tNAMES\tCREATED\tENDED")
		for _, t := range d.Unknown {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%t\n", inert.Text(t.Task), inert.Text(string(t.Type)), t.Names, formatTime(t.Created), t.Ended)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for _, no := range d.Missing {
		fmt.Fprintf(a.stdout, "The account does not list the state's task %s.\n", inert.Text(no))
	}
	return nil
}
