package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/render"
	"github.com/domainsync/domainsync/planner/report"
)

// mostShown is how many names are shown at once: of more people want a list.
const mostShown = 50

func newDomainsShow(a *app) *cobra.Command {
	var source sourceFlags
	var format string
	cmd := &cobra.Command{
		Use:   "show NAME…",
		Short: "Show all that is known of a name: declared, live, planned and past",
		Long: `Shows of each name every attribute: the value that the files declare, the line and
the template that it comes from, the live value and when it was read, and the
difference as a plan has it. Then what threatens the name, what holds it, who has
approved what, what is open, what runs sent for it, what the last ten runs were to
send and did not, and what the service's change log tells of the last 90 days. What
a plan left out (blocked, held, unapproved, deferred, refused by a guard) no run
records: the difference is that of today. A pattern such as *.example stands for
some names, 50 at most.`,
		Args:              atLeastOne("NAME"),
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.showDomains(i, args, source, format) })
		},
	}
	source.add(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "`format` of the output: text, markdown, json (an array)")
	completeWith(cmd, "format", detailForms...)
	return cmd
}

// detailForms are the forms of what is known of names.
var detailForms = []string{"text", "markdown", "json"}

// markdownRoom is how many bytes names have in Markdown at most: comments of forges take
// 65,536 characters.
const markdownRoom = 60000

// detailsMarkdown writes names as Markdown. Those that do not fit into a comment are
// counted.
func detailsMarkdown(details []*report.Detail) string {
	var b strings.Builder
	for k, d := range details {
		text := d.Markdown(render.MarkdownText)
		if k > 0 {
			text = "\n" + text
		}
		if b.Len() > 0 && b.Len()+len(text) > markdownRoom {
			fmt.Fprintf(&b, "\nand %s, which `--format text` shows\n", words.Count(len(details)-k, "more name"))
			break
		}
		b.WriteString(text)
	}
	return b.String()
}

// showDomains prints what is known of names.
func (a *app) showDomains(i interrupts, names []string, source sourceFlags, format string) error {
	if err := oneOf("--format", format, detailForms...); err != nil {
		return err
	}
	if slices.Contains(names, "") {
		return fmt.Errorf("an empty NAME is no name")
	}
	s, err := a.survey(i, names, source, job.SurveyOptions{Whole: true})
	if err != nil {
		return err
	}
	v := report.NewInventory(s.Input, s.Plan)
	if err := checkShown(v, s, names); err != nil {
		return err
	}
	details := make([]*report.Detail, len(v.Rows))
	for k := range v.Rows {
		details[k] = v.DetailOf(&v.Rows[k], s.Input, s.Plan, pastOf(s, v.Rows[k].Name), a.masker)
	}
	a.stderr.rest()
	switch format {
	case asJSON:
		return a.printJSON(details)
	case "markdown":
		_, err := io.WriteString(a.stdout, detailsMarkdown(details))
		return err
	}
	return buffered(a.stdout, func(w io.Writer) error {
		for k, d := range details {
			if k > 0 {
				if _, err := fmt.Fprintln(w); err != nil {
					return err
				}
			}
			if err := d.WriteText(w); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkShown refuses names that nobody knows, and patterns of too many.
func checkShown(v *report.Inventory, s *job.Survey, names []string) error {
	if n := len(v.Rows); n > mostShown {
		return fmt.Errorf("%s match, and at most %d are shown: domainsync domains list --target '%s' lists them", words.Count(n, "name"), mostShown, strings.Join(names, "' --target '"))
	}
	for _, given := range names {
		p, err := wire.ParseNamePattern(given)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(v.Rows, func(r report.Row) bool { return p.Match(r.Name) }) {
			return fmt.Errorf("%s: no file declares such a name, and the account does not hold it.%s", given, attr.DidYouMean(meantNames(p.String(), s)))
		}
	}
	return nil
}

// meantNames returns the names that were probably meant, as people read them.
func meantNames(given string, s *job.Survey) (meant []string) {
	var all []string
	for i := range s.Input.Portfolio.Domains {
		all = append(all, s.Input.Portfolio.Domains[i].Name)
	}
	for i := range s.Input.Live.Domains {
		all = append(all, s.Input.Live.Domains[i].Name)
	}
	for _, name := range attr.Meant(given, all) {
		meant = append(meant, wire.UnicodeName(name))
	}
	return meant
}

// pastOf returns what was done to a name, the newest first.
func pastOf(s *job.Survey, name string) (past report.Past) {
	if entries, told := s.Log[name]; told {
		past.Log = make([]report.LogEntry, 0, len(entries))
		for _, e := range entries {
			past.Log = append(past.Log, report.LogEntry{At: e.Time.UTC(), Operation: e.Operation, Details: e.Details, Result: e.Result, Address: e.OperationIPAddress})
		}
		slices.SortStableFunc(past.Log, func(x, y report.LogEntry) int { return y.At.Compare(x.At) })
	}
	for _, sent := range slices.Backward(s.Sent) {
		if of, _, _ := strings.Cut(sent.Step, "/"); of == name {
			past.Runs = append(past.Runs, changeSent(&sent, s.Runs[sent.Run]))
		}
	}
	for _, c := range slices.Backward(s.Unsent) {
		if c.Domain == name {
			past.Unsent = append(past.Unsent, changeUnsent(&c, s.Runs[c.Run]))
		}
	}
	return past
}

func changeSent(s *journal.SentStep, r *job.PastRun) report.ChangeSent {
	c := report.ChangeSent{
		Run: s.Run, Command: r.Command, By: r.By, Link: r.Link,
		At: s.At.UTC(), Step: s.Step, Operation: s.Operation, Task: s.Task, State: string(s.State), Message: s.Message, RequestID: s.RequestID,
	}
	if !s.Known.IsZero() {
		c.Known = s.Known.UTC()
	}
	if made, ok := r.Changes[attr.ChangeOf(s.Step)]; ok {
		c.Change = &report.Made{Before: made.Before, After: made.After, Result: string(made.Result)}
	}
	return c
}

func changeUnsent(c *job.UnsentChange, r *job.PastRun) report.ChangeUnsent {
	return report.ChangeUnsent{
		Run: c.Run, Command: r.Command, By: r.By, Link: r.Link, Began: r.Began.UTC(), ID: c.ID, Message: c.Message,
		Made: report.Made{Before: c.Before, After: c.After, Result: string(c.Result)},
	}
}
