package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

func newRuns(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "runs",
		SuggestFor: []string{"history", "status"},
		Short:      "Show what earlier runs did and what is open",
		Args:       noArgs,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var listFormat, showFormat string
	list := &cobra.Command{
		Use:   "list",
		Short: "List the runs, the newest first",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context(), listFormat) },
	}
	show := &cobra.Command{
		Use:               "show ID",
		Short:             "Show the batches of a run and what failed in it",
		Args:              exactly("ID"),
		ValidArgsFunction: a.completeRuns,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.showRun(cmd.Context(), args[0], showFormat) },
	}
	for c, format := range map[*cobra.Command]*string{list: &listFormat, show: &showFormat} {
		c.Flags().StringVar(format, "format", "text", "`format` of the output: text, json")
		completeWith(c, "format", "text", "json")
	}
	cmd.AddCommand(list, show, newRunsPrune(a))
	return cmd
}

// listRuns prints all runs of the journal.
func (a *app) listRuns(ctx context.Context, format string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	runs, err := a.runs(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(runs)
	if format == "json" {
		return a.printJSON(append([]journal.Run{}, runs...))
	}
	if len(runs) == 0 {
		fmt.Fprintln(a.stdout, "The journal holds no run.")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tBEGAN\tSTATUS\tENDED")
	for i := range runs {
		r := &runs[i]
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", r.ID, formatTime(r.Began), runStatus(r), formatTime(r.Ended()))
	}
	return w.Flush()
}

// runs reads the runs of the journal without holding the account.
func (a *app) runs(ctx context.Context) (runs []journal.Run, err error) {
	err = a.readJournal(ctx, func(j *journal.Journal) error {
		runs, err = j.Runs(ctx)
		return err
	})
	return runs, err
}

// runStatus says in words where a run stands.
func runStatus(r *journal.Run) string {
	switch {
	case r.Marked(journal.Abandoned):
		return "abandoned"
	case r.Marked(journal.Ended) && r.Marked(journal.Dropped):
		return "ended early"
	case r.Marked(journal.Ended):
		return "ended"
	}
	return "open"
}

// showRun prints one run.
func (a *app) showRun(ctx context.Context, text, format string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no run: give a number of domainsync runs list", text)
	}
	return a.readJournal(ctx, func(j *journal.Journal) error {
		l, err := j.Ledger(ctx, id)
		if err != nil {
			return err
		}
		a.maskLedger(l)
		if format == "json" {
			return a.printJSON(shownRun{l.Run, l.Batches, l.Verifications})
		}
		approvals, err := j.Approvals(ctx, time.Time{})
		if err != nil {
			return err
		}
		return errors.Join(writeRun(a.stdout, l), writeApprovals(a.stdout, l, approvals))
	})
}

// shownRun is a run as JSON has it.
type shownRun struct {
	journal.Run
	Batches       []*journal.Batch       `json:"batches"`
	Verifications []journal.Verification `json:"verifications"`
}

// writeRun prints a run for people: its batches, and each name that is not done.
func writeRun(out io.Writer, l *journal.Ledger) error {
	fmt.Fprintf(out, "run %d: %s, began %s", l.ID, runStatus(&l.Run), formatTime(l.Began))
	if end := l.Ended(); !end.IsZero() {
		fmt.Fprintf(out, ", ended %s", formatTime(end))
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(l.Batches) > 0 {
		fmt.Fprintln(w, "BATCH\tOPERATION\tNAMES\tTASK\tSTATE\tSENT")
	}
	for _, b := range l.Batches {
		task := "-"
		if b.Task != nil {
			task = inert.Text(b.Task.Task)
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\n", b.Batch, inert.Text(b.Operation), len(b.Names), task, b.State(), formatTime(b.At))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, b := range l.Batches {
		writeUndone(out, b)
	}
	return nil
}

// writeApprovals prints who had approved changes that the run sent.
func writeApprovals(out io.Writer, l *journal.Ledger, all []journal.Approval) error {
	sent := make(map[string]time.Time)
	for _, b := range l.Batches {
		for _, s := range b.Steps {
			sent[attr.ChangeOf(s)] = b.At
		}
	}
	var order []string
	changes := make(map[string][]string)
	for _, x := range all {
		if at, ok := sent[x.Change]; !ok || x.At.After(at) || x.Until.Before(at) {
			continue
		}
		said := fmt.Sprintf("approved by %s on %s until %s", inert.Text(x.By), formatTime(x.At), formatTime(x.Until))
		if changes[said] == nil {
			order = append(order, said)
		}
		changes[said] = append(changes[said], inert.Text(x.Change))
	}
	for _, said := range order {
		n := len(changes[said])
		if _, err := fmt.Fprintf(out, "%s: %s\n", said, words.List(changes[said][:min(n, staleShown)], n-min(n, staleShown))); err != nil {
			return err
		}
	}
	return nil
}

// writeUndone prints the steps of a batch that are not done, below what is said
// of them.
func writeUndone(out io.Writer, b *journal.Batch) {
	steps := make(map[string][]string)
	var order []string
	for _, step := range b.Steps {
		state := b.Step(step)
		if state == journal.Succeeded {
			continue
		}
		said := string(state) + whyUndone(b, step)
		if steps[said] == nil {
			order = append(order, said)
		}
		steps[said] = append(steps[said], step)
	}
	for _, said := range order {
		fmt.Fprintf(out, "batch %d, %s %s\n", b.Batch, words.Count(len(steps[said]), "step"), said)
		for _, step := range steps[said] {
			fmt.Fprintf(out, "  %s\n", inert.Text(step))
		}
	}
}

// whyUndone is what is known of why a step is not done.
func whyUndone(b *journal.Batch, step string) string {
	if r, ok := b.Result(step); ok {
		return withRequestID(r.Message, r.RequestID)
	}
	if c, ok := b.Conclusion(step); ok {
		return withRequestID(c.Reason, "")
	}
	if o := b.Outcome(); o != nil {
		return withRequestID(cmp.Or(o.Message, o.Code), o.RequestID)
	}
	return ""
}

// withRequestID appends a reason with the request it came from.
func withRequestID(message, request string) string {
	if message == "" {
		return ""
	}
	if request != "" {
		message += " (request " + request + ")"
	}
	return ": " + inert.Text(message)
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
		text := runStatus(&runs[i]) + ", began " + formatTime(runs[i].Began)
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
