package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// A view shows the events of a run in one form. Its failure is what it could not
// show.
type view interface {
	show(job.Event)
	failure() error
}

// watch is the views of a run.
type watch struct{ views []view }

// watch returns the views of a run, what shows how far it is, and what remembers
// its end.
func (a *app) watch(views ...view) *watch {
	return &watch{append([]view{&progressView{a}, &endView{a}}, views...)}
}

// show shows an event in all views.
func (w *watch) show(e job.Event) {
	for _, v := range w.views {
		v.show(e)
	}
}

// failure is what the first of the views could not show.
func (w *watch) failure() error {
	for _, v := range w.views {
		if err := v.failure(); err != nil {
			return err
		}
	}
	return nil
}

// end turns the end of a run into that of the command.
func (w *watch) end(r *job.Result, err error) error {
	codes := codesOf(r, err)
	if err != nil {
		err = explainEnd(r, err)
	}
	for _, v := range w.views {
		if unseen := v.failure(); unseen != nil && !errors.Is(err, unseen) {
			err, codes = errors.Join(err, unseen), append(codes, exitError)
		}
	}
	if err != nil {
		return &exit{code: job.ExitCode(codes...), err: err}
	}
	return ended(codes...)
}

// progressView shows on standard error how far a run is.
type progressView struct{ app *app }

func (v *progressView) failure() error { return nil }

func (v *progressView) show(e job.Event) {
	switch d := e.Details.(type) {
	case job.Reading:
		v.app.showReading(reader.Progress(d))
	case executor.Progress:
		v.app.stderr.show(progressText(d), false)
	}
}

// endView remembers what became of a run, for the report and the last line.
type endView struct{ app *app }

func (v *endView) failure() error { return nil }

func (v *endView) show(e job.Event) {
	if d, ok := e.Details.(job.Ended); ok {
		v.app.ended = d.Result
	}
}

// linesView writes the events of a run to standard output as lines of JSON.
type linesView struct {
	app   *app
	lines *runrender.Lines
}

func (v *linesView) failure() error { return v.lines.Failure() }

func (v *linesView) show(e job.Event) {
	if e.Number > 0 {
		v.app.stderr.rest()
	}
	v.lines.Show(e)
}

// shownAs runs a command that shows a run as text or as lines of JSON.
func (a *app) shownAs(lines bool, text view, command func(view) error) error {
	if !lines {
		return command(text)
	}
	a.lines = runrender.NewLines(a.stdout)
	return command(&linesView{a, a.lines})
}

// endLines writes the last line of JSON, which says how a command ended, whether or
// not a run began.
func (a *app) endLines(err error) error {
	if a.lines == nil {
		a.lines = runrender.NewLines(a.stdout)
	}
	return cmp.Or(err, a.lines.End(a.endOf(err)))
}

// wantsLines reports whether a command that could not begin was asked for lines:
// what is wrong with its flags may stand before the one that says so.
func wantsLines(cmd *cobra.Command, args []string) bool {
	f := cmd.Flags().Lookup("json")
	return f != nil && (f.Value.String() == "true" || slices.Contains(args, "--json"))
}

// alone refuses beside --json what says how text is shown, or is to be printed
// as well.
func alone(cmd *cobra.Command, lines bool) error {
	if !lines {
		return nil
	}
	for _, name := range []string{"format", "details"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return fmt.Errorf("--json is a form of its own: leave out --%s", name)
		}
	}
	for _, name := range []string{"out", "report"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.String() == "-" {
			return fmt.Errorf("--json takes standard output for itself: give --%s a file", name)
		}
	}
	return nil
}

// terminalView shows people on standard output what is planned and what became
// of it.
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
	case job.Settled:
		err = v.showSettled(d)
	case job.Planned:
		err = v.showPlan(d)
	case job.FollowPlanned:
		fmt.Fprint(v.app.stdout, "\nWhat was announced to follow:\n")
		err = v.app.print(d.Plan, "text", false)
	case job.Ended:
		err = v.showEnd(d.Result)
	default:
		v.app.showBasis(e)
	}
	if v.err == nil {
		v.err = err
	}
}

// showBasis shows what a reading goes by: the state, what stands since it was read last,
// and what is left to be read.
func (a *app) showBasis(e job.Event) {
	switch d := e.Details.(type) {
	case job.StateLost:
		a.showLoss(d.Loss)
	case job.Refreshing:
		a.showStanding(d)
	case job.Foreseen:
		a.sayForecast(d.Part, d.Effort)
	}
}

// showLoss says that the state may lack records, and what follows.
func (a *app) showLoss(l journal.Loss) {
	a.stderr.rest()
	fmt.Fprintf(a.stderr, "The state may lack what was recorded last: %s.\n"+
		"It counts as whole only since %s. domainsync state check --against-account\nshows tasks that it does not know.\n", inert.Text(l.Reason), formatTime(l.At))
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
	writeStale(v.app.stdout, d.Plan.Undo.Untold(d.Stale))
	v.app.showNewState(d.NewState)
	return nil
}

// showNewState says what it means that the state is new. It is no warning of the plan:
// the first night of each account begins like this.
func (a *app) showNewState(note string) {
	if note != "" {
		a.stderr.rest()
		fmt.Fprintf(a.stderr, "%s\n", inert.Text(note))
	}
}

// showEnd shows what became of the changes.
func (v *terminalView) showEnd(r *job.Result) error {
	if err := v.app.showLastKnown(r); err != nil {
		return err
	}
	if r.Report == nil || r.Report.Run == 0 {
		v.app.sayWork(r.Work)
	}
	if r.Report == nil {
		return nil
	}
	if r.Operation == job.Abandoning {
		fmt.Fprintln(v.app.stdout, "The run is closed. The next plan shows what is left to do.")
	}
	if err := v.app.writeReport(r.Report); err != nil || r.Report.Run == 0 {
		return err
	}
	return runrender.WorkText(v.app.stdout, r.Work)
}

// showLastKnown shows what is known from before of the ends of names, where a run has no
// plan. With --quiet that stands above all that was held. Who has just begun and plans,
// knows that nothing is known.
func (a *app) showLastKnown(r *job.Result) error {
	if r.LastKnown == nil || a.flags.quiet {
		return nil
	}
	a.stderr.rest()
	if unknown := r.LastKnown.String(); unknown != "" && r.Operation == job.Applying {
		fmt.Fprintf(a.stderr, "%s\n\n", inert.Text(unknown))
	}
	return runrender.ConditionsText(a.stderr, r.Conditions, personShown)
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
	if p.Left > 0 {
		text = append(text, words.About(p.Left.Seconds())+" left")
	}
	return strings.Join(text, ", ")
}
