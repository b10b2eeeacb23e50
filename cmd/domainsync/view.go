package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// A view shows the events of a run in one form. Its failure is what it could not
// show.
type view interface {
	show(job.Event)
	failure() error
}

// watch is the views of a run.
type watch struct{ views []view }

func (a *app) watch(views ...view) *watch { return &watch{views} }

// show shows an event in all views.
func (w *watch) show(e job.Event) {
	for _, v := range w.views {
		v.show(e)
	}
}

// end turns the end of a run into that of the command.
func (w *watch) end(r *job.Result, err error) error {
	codes := codesOf(r, err)
	if err != nil {
		err = explainEnd(err)
	}
	for _, v := range w.views {
		if unseen := v.failure(); unseen != nil && !errors.Is(err, unseen) {
			err, codes = errors.Join(err, unseen), append(codes, exitError)
		}
	}
	if err != nil {
		return &exit{code: exitCode(codes...), err: err}
	}
	return ended(codes...)
}

// terminalView shows a run to people: what is planned and what became of it on
// standard output, and how far it is on standard error.
type terminalView struct {
	app     *app
	format  string // of plans; "" is text
	details bool
	err     error // the first one
}

func (v *terminalView) failure() error { return v.err }

func (v *terminalView) show(e job.Event) {
	var err error
	switch d := e.Details.(type) {
	case job.Reading:
		v.app.stderr.progress("reading names", d.Done, d.All)
	case executor.Progress:
		v.app.stderr.show(progressText(d), false)
	case job.Settled:
		err = v.showSettled(d)
	case job.Planned:
		err = v.showPlan(d)
	case job.FollowPlanned:
		fmt.Fprint(v.app.stdout, "\nWhat was announced to follow:\n")
		err = v.app.print(d.Plan, "text", false)
	case job.Ended:
		err = v.showEnd(d.Result)
	}
	if v.err == nil {
		v.err = err
	}
}

// showSettled shows what became of what an earlier run had left.
func (v *terminalView) showSettled(d job.Settled) error {
	if d.Report == nil || d.Follow {
		return nil
	}
	fmt.Fprintln(v.app.stdout, "An earlier run was not settled. What became of it:")
	if err := v.app.writeReport(d.Report); err != nil {
		return err
	}
	fmt.Fprintln(v.app.stdout)
	return nil
}

// showPlan shows what is to be done.
func (v *terminalView) showPlan(d job.Planned) error {
	if d.OtherFiles {
		fmt.Fprint(v.app.stdout, "The files or the variables are not those that the plan was made with: what they\nno longer declare in the same way is stale.\n\n")
	}
	if err := v.app.print(d.Plan, v.format, v.details); err != nil {
		return err
	}
	if n := len(d.Done); n > 0 {
		listChanges(v.app.stdout, "done already: "+words.Count(n, "change")+" of the saved plan", d.Done)
	}
	writeStale(v.app.stdout, d.Stale)
	return nil
}

// showEnd shows what became of the changes.
func (v *terminalView) showEnd(r *job.Result) error {
	if r.Report == nil {
		return nil
	}
	if r.Operation == job.Abandoning {
		fmt.Fprintln(v.app.stdout, "The run is closed. The next plan shows what is left to do.")
	}
	return v.app.writeReport(r.Report)
}

// staleShown is how many changes are named that are stale for one reason.
const staleShown = 20

// writeStale prints which changes of a saved plan no longer hold, and why.
func writeStale(out io.Writer, stale []planner.Stale) {
	byReason := make(map[string][]string)
	for _, s := range stale {
		byReason[s.Reason] = append(byReason[s.Reason], s.ID)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if ids := byReason[reason]; len(ids) == 1 {
			fmt.Fprintf(out, "stale: %s: %s\n", inert.Text(ids[0]), inert.Text(reason))
		} else {
			listChanges(out, fmt.Sprintf("stale: %s: %s", words.Count(len(ids), "change"), reason), ids)
		}
	}
}

// listChanges writes a head, and below it the first of some changes.
func listChanges(out io.Writer, head string, ids []string) {
	rest := len(ids) - staleShown
	fmt.Fprintf(out, "%s\n  %s", inert.Text(head), inert.Text(words.List(ids[:min(len(ids), staleShown)], rest)))
	if rest > 0 {
		fmt.Fprint(out, ", which --report tells")
	}
	fmt.Fprintln(out)
}

// progressText says how far a run is.
func progressText(p executor.Progress) string {
	text := []string{
		fmt.Sprintf("%s of %s steps sent", words.Number(p.Sent), words.Number(p.Steps)),
		words.Number(p.Settled) + " ended",
	}
	for _, more := range []struct {
		n    int
		noun string
	}{{p.Failed, "failed"}, {p.InDoubt, "in doubt"}, {p.NotSent, "not sent"}} {
		if more.n > 0 {
			text = append(text, words.Number(more.n)+" "+more.noun)
		}
	}
	if p.Tasks > 0 {
		text = append(text, words.Count(p.Tasks, "task")+" open")
	}
	if p.Reading {
		text = append(text, "reading what was changed")
	}
	if p.Waiting != "" {
		text = append(text, "waiting for "+p.Waiting)
	}
	return strings.Join(text, ", ")
}
