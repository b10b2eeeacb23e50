package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/render"
)

// RunText writes all that is known of a run for people.
func RunText(to io.Writer, r *history.Run) error {
	w := bufio.NewWriter(to)
	fmt.Fprintln(w, runHeadline(r))
	for _, fact := range runFacts(r) {
		fmt.Fprintln(w, fact)
	}
	if len(r.Details.Changes) > 0 {
		fmt.Fprintln(w, "\nChanges:")
	}
	for i := range r.Details.Changes {
		writeChange(w, changeRowOf(&r.Details.Changes[i]))
	}
	if len(r.Details.Batches) > 0 {
		fmt.Fprintln(w)
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(columns, strings.ToUpper(strings.Join(batchColumns, "\t")))
		for i := range r.Details.Batches {
			fmt.Fprintln(columns, strings.Join(batchCells(&r.Details.Batches[i]), "\t"))
		}
		if err := columns.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for i := range r.Commands {
		fmt.Fprintln(w, commandLine(&r.Commands[i]))
		for _, part := range history.WorkOf(&r.Commands[i]) {
			fmt.Fprintf(w, "  %s\n", workLine(&part))
		}
	}
	for i := range r.Details.Approvals {
		fmt.Fprintln(w, approvalLine(&r.Details.Approvals[i], alikeShown))
	}
	return w.Flush()
}

func writeChange(w io.Writer, x changeRow) {
	fmt.Fprintf(w, "  %s  %s  %s\n    - %s\n    + %s\n", x.subject, x.attribute, x.result, x.before, x.after)
	if x.said != "" {
		fmt.Fprintf(w, "    %s\n", x.said)
	}
}

// markdownRoom is how many bytes a run has in Markdown at most: comments of forges take
// 65,536 characters.
const markdownRoom = 60000

// RunMarkdown writes what is known of a run as Markdown. What does not fit into a comment
// is counted.
func RunMarkdown(to io.Writer, r *history.Run) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", render.MarkdownText(runHeadline(r)))
	for _, fact := range runFacts(r) {
		fmt.Fprintf(&b, "- %s\n", render.MarkdownText(fact))
	}
	for i := range r.Commands {
		fmt.Fprintf(&b, "- %s\n", render.MarkdownText(words.Capitalize(commandLine(&r.Commands[i]))))
		for _, part := range history.WorkOf(&r.Commands[i]) {
			fmt.Fprintf(&b, "  - %s\n", render.MarkdownText(workLine(&part)))
		}
	}
	for i := range r.Details.Approvals {
		fmt.Fprintf(&b, "- %s\n", render.MarkdownText(approvalLine(&r.Details.Approvals[i], 3)))
	}
	markdownTable(&b, "change", changeColumns, len(r.Details.Changes), markdownRoom*3/4, func(i int) []string { return changeRowOf(&r.Details.Changes[i]).cells() })
	markdownTable(&b, "call", batchColumns, len(r.Details.Batches), markdownRoom, func(i int) []string { return batchCells(&r.Details.Batches[i]) })
	_, err := io.WriteString(to, b.String())
	return err
}

// markdownTable writes the rows of a table that fit into a text of some bytes, and
// counts the others.
func markdownTable(b *strings.Builder, thing string, columns []string, rows, room int, row func(i int) []string) {
	if rows == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for i := range rows {
		cells := row(i)
		for j := range cells {
			cells[j] = render.MarkdownText(words.Truncate(cells[j], 300))
		}
		line := "| " + strings.Join(cells, " | ") + " |\n"
		if b.Len()+len(line) > room {
			fmt.Fprintf(b, "\nand %s more\n", words.Count(rows-i, thing))
			return
		}
		b.WriteString(line)
	}
}

// RunHTML writes all that is known of a run as one page for a browser, which loads
// nothing. Version is the program's.
func RunHTML(w io.Writer, r *history.Run, version string) error {
	d := render.Document{
		Thing: "run", Headline: words.Capitalize(runHeadline(r)), About: strings.Join(runFacts(r), " "), Alarming: alarms(r),
		Footer: []string{strings.TrimSpace("Made by domainsync "+version) + ". This page is the whole run in one file, and loads nothing from elsewhere."},
	}
	changes := render.Table{
		ID: "changes", Title: "Changes", Count: words.Number(len(r.Details.Changes)), About: RunOutcome(r),
		Columns: changeColumns,
	}
	for i := range r.Details.Changes {
		c := &r.Details.Changes[i]
		bad := rank(c.Result) > rank(executor.Waiting)
		changes.Alarming = changes.Alarming || bad
		changes.Rows = append(changes.Rows, render.TableRow{Cells: changeRowOf(c).cells(), Alarming: bad})
	}
	calls := render.Table{ID: "calls", Title: "Calls", Count: words.Number(len(r.Details.Batches)), Columns: batchColumns}
	for i := range r.Details.Batches {
		calls.Rows = append(calls.Rows, render.TableRow{Cells: batchCells(&r.Details.Batches[i])})
	}
	commands := render.Table{ID: "commands", Title: "Commands", Count: words.Number(len(r.Commands)), Columns: []string{"command", "work"}}
	for i := range r.Commands {
		var work []string
		for _, part := range history.WorkOf(&r.Commands[i]) {
			work = append(work, workLine(&part))
		}
		commands.Rows = append(commands.Rows, render.TableRow{Cells: []string{commandLine(&r.Commands[i]), strings.Join(work, "; ")}})
	}
	approvals := render.Table{ID: "approvals", Title: "Approvals", Columns: []string{"approval"}}
	for i := range r.Details.Approvals {
		approvals.Rows = append(approvals.Rows, render.TableRow{Cells: []string{approvalLine(&r.Details.Approvals[i], len(r.Details.Approvals[i].Changes))}})
	}
	d.Tables = []render.Table{changes, calls, commands, approvals}
	return d.HTML(w)
}

// alarms reports whether somebody should look at a run.
func alarms(r *history.Run) bool {
	for result, n := range r.Outcome {
		if n > 0 && rank(result) > rank(executor.Waiting) {
			return true
		}
	}
	return r.Died || r.Status == history.Open || r.Status == history.Unfinished
}
