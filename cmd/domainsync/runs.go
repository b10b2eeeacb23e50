package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

func newRuns(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "runs",
		SuggestFor: []string{"history", "status"},
		Short:      "Show what earlier runs did and what is open",
		Args:       noArgs,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRunsList(a), newRunsShow(a), newRunsMoney(a), newRunsPrune(a))
	return cmd
}

// runsFlags are the flags of runs list.
type runsFlags struct {
	since, until, name, by, kind, outcome, attribute, hazard, format string
	limit                                                            int
}

// runsShown is how many runs are listed unless something else is said.
const runsShown = 50

func newRunsList(a *app) *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the runs, the newest first",
		Long: `Lists what the journal has of runs, the newest first: which command began each, who
gave it or which run of a CI, what was to be changed and became of it, what was
ordered, how long it took, and its exit code. A run whose process died is shown as
such, as soon as a later command has worked on it. A run that found nothing to do is
not recorded. No account is asked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", "only runs that began since this `time`: 2026-01-31, or 7d for 7 days ago")
	flags.StringVar(&f.until, "until", "", "only runs that began before this `time`")
	flags.StringVar(&f.name, "name", "", "only runs that were to change a name that this `pattern` selects")
	flags.StringVar(&f.by, "by", "", "only runs of somebody in whose name or machine this `text` is")
	flags.StringVar(&f.kind, "kind", "", "only runs that this `command` began or went on with: "+strings.Join(job.CommandNames(), ", "))
	flags.StringVar(&f.outcome, "outcome", "", "only runs that stand so, or with a change of this `outcome`: "+strings.Join(history.Outcomes(), ", "))
	flags.StringVar(&f.attribute, "attribute", "", "only runs that were to change this `attribute`")
	flags.StringVar(&f.hazard, "hazard", "", "only runs with a change of this `hazard`: "+words.List(hazardNames(), 0))
	flags.IntVar(&f.limit, "limit", runsShown, "at most so many `runs`; 0: all")
	addFormat(cmd, &f.format)
	takesOneOf(cmd, "kind", job.CommandNames()...)
	takesOneOf(cmd, "outcome", history.Outcomes()...)
	takesOneOf(cmd, "attribute", plannedNames()...)
	takesOneOf(cmd, "hazard", hazardNames()...)
	return cmd
}

// filter returns which runs the flags ask for.
func (f *runsFlags) filter(now time.Time) (selected history.Filter, err error) {
	selected = history.Filter{By: f.by, Kind: f.kind, Outcome: f.outcome, Attribute: f.attribute, Hazard: attr.Hazard(f.hazard), Limit: f.limit}
	for _, at := range []struct {
		flag, text string
		to         *time.Time
	}{{"since", f.since, &selected.Since}, {"until", f.until, &selected.Until}} {
		if at.text == "" {
			continue
		}
		if *at.to, err = parseTime(at.text, now); err != nil {
			return selected, fmt.Errorf("--%s: %w", at.flag, err)
		}
	}
	if f.name != "" {
		pattern, err := planner.Select([]string{f.name})
		if err != nil {
			return selected, fmt.Errorf("--name: %w", err)
		}
		selected.Names = pattern.Has
	}
	if f.limit < 0 {
		return selected, fmt.Errorf("--limit %d: give how many runs are listed at most, or 0 for all", f.limit)
	}
	return selected, nil
}

// plannedNames are the attributes of which a plan can have changes.
func plannedNames() (names []string) {
	for _, a := range attr.Planned() {
		names = append(names, a.Name)
	}
	return names
}

// runColumns are those of a list of runs.
var runColumns = []column[history.Run]{
	{"id", func(r *history.Run) any { return r.ID }},
	{"began", func(r *history.Run) any { return r.Began }},
	{"kind", func(r *history.Run) any { return kindOfRun(r) }},
	{"status", func(r *history.Run) any { return runrender.RunStatus(r) }},
	{"exit_code", func(r *history.Run) any {
		if r.ExitCode == nil {
			return nil
		}
		return *r.ExitCode
	}},
	{"reason", func(r *history.Run) any { return r.Because }},
	{"by", func(r *history.Run) any { return r.By }},
	{"what", func(r *history.Run) any { return runrender.RunWhat(r) }},
	{"hazards", func(r *history.Run) any { return runrender.RunHazards(r) }},
	{"outcome", func(r *history.Run) any { return runrender.RunOutcome(r) }},
	{"money", func(r *history.Run) any { return runrender.RunMoney(r) }},
	{"seconds", func(r *history.Run) any { return math.Round(r.Seconds*1000) / 1000 }},
	{"ended", func(r *history.Run) any { return r.Ended }},
	{"link", func(r *history.Run) any { return r.Link }},
}

// kindOfRun is the command that began a run, and those that went on with it.
func kindOfRun(r *history.Run) string {
	kinds := []string{r.Kind}
	for _, c := range r.Commands {
		if c.Part != journal.PartSettled && !slices.Contains(kinds, c.Name) {
			kinds = append(kinds, c.Name)
		}
	}
	return strings.Join(kinds, ", ")
}

// listRuns prints the runs of the journal that are asked for.
func (a *app) listRuns(ctx context.Context, f runsFlags) error {
	filter, err := f.filter(a.clock.Now())
	if err != nil {
		return err
	}
	var runs []*history.Run
	left := 0
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		runs, left, err = history.List(ctx, j, filter)
		return err
	})
	switch {
	case err != nil:
		return err
	case f.format == asJSON:
		return runrender.RunsJSON(a.stdout, runs, left)
	case len(runs) == 0 && filter.Selects():
		fmt.Fprintln(a.stderr, "The journal holds no such run.")
	case len(runs) == 0:
		fmt.Fprintln(a.stderr, "The journal holds no run.")
	}
	err = list(a, f.format, runColumns, func(yield func(history.Run, error) bool) {
		for _, r := range runs {
			if !yield(*r, nil) {
				return
			}
		}
	})
	if err == nil && left > 0 {
		fmt.Fprintf(a.stderr, "The journal has %s more, which were not looked at: --limit 0 lists all.\n", words.Count(left, "run"))
	}
	return err
}

// runs reads the runs of the journal without holding the account.
func (a *app) runs(ctx context.Context) (runs []journal.Run, err error) {
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		runs, err = j.Runs(ctx)
		return err
	})
	return runs, err
}

// runForms are the forms of a run.
var runForms = []string{"text", "markdown", "html", "json", "hcl"}

func newRunsShow(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show all that a run did, and what became of it",
		Long: `Shows what the journal has of a run: every change with the value before and after
and what became of it, with the service's words and the number of its request; every
call; what was foreseen and what it took; who has approved it; and every command that
worked on it. A run that a former program has recorded shows what it has. No account is
asked.

With --format hcl it writes the declarations that bring back what the run has changed, to
be put into the files, planned and reviewed like any edit. What they cannot bring back
(what was bought, registrants, values that the service has never told, single DS records)
is listed in comments.`,
		Args:              exactly("ID"),
		ValidArgsFunction: a.completeRuns,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.showRun(cmd.Context(), args[0], format) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "`format` of the output: "+strings.Join(runForms, ", "))
	completeWith(cmd, "format", runForms...)
	return cmd
}

// showRun prints one run.
func (a *app) showRun(ctx context.Context, text, format string) error {
	if err := oneOf("--format", format, runForms...); err != nil {
		return err
	}
	id, err := runNumber(text)
	if err != nil {
		return err
	}
	var r *history.Run
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		r, err = history.Read(ctx, j, id)
		return err
	})
	if err != nil {
		return err
	}
	if format == "hcl" { // names of persons would be declared as their masks
		return buffered(a.stdout, func(w io.Writer) error { return runrender.RunHCL(w, r, a.masker) })
	}
	r = r.Masked(a.masker)
	return buffered(a.stdout, func(w io.Writer) error {
		switch format {
		case "markdown":
			return runrender.RunMarkdown(w, r)
		case "html":
			return runrender.RunHTML(w, r, programVersion())
		case "json":
			return runrender.RunsJSON(w, []*history.Run{r}, 0)
		}
		return runrender.RunText(w, r)
	})
}

// runNumber reads the number of a run.
func runNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no run: give a number of domainsync runs list", text)
	}
	return id, nil
}

// completeRuns completes the number of a run.
func (a *app) completeRuns(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	runs, err := a.runs(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ids := make([]cobra.Completion, 0, len(runs))
	for i := range runs {
		status, _ := history.StatusOf(&runs[i])
		text := string(status) + ", began " + formatTime(runs[i].Began)
		ids = append(ids, cobra.CompletionWithDesc(strconv.FormatInt(runs[i].ID, 10), text))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// formatTime writes a time for people, "-" for none.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
