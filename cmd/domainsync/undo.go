package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/planner"
)

// undoFlags are the flags of undo.
type undoFlags struct {
	runFlags
	out     string
	store   bool
	format  string
	approve []string
	given   bool // --auto-approve
	targets []string
	limit   int
	until   string
	force   bool
	hcl     bool
	details bool
	json    bool // lines of JSON
	accept  []string
	failOn  []string
	guards  []string
	refresh string
}

func newUndo(a *app) *cobra.Command {
	var f undoFlags
	cmd := &cobra.Command{
		Use:        "undo ID",
		SuggestFor: []string{"rollback", "revert"},
		Short:      "Bring back what a run has changed",
		Long: `Plans what brings the names that a run has changed back to the values from before it,
asks, and makes that as an apply makes a plan: under all guards, holds, locks and
stages. The values are those that the state has recorded. A name that somebody else has
changed since is stale, and is not overwritten; what cannot be taken back (what was
bought, registrants, values that the service has never told) is listed.

With --out nothing is changed: the plan is saved for apply. With --store the state keeps
it, for "apply --reviewed HASH", and what is printed is masked. With --hcl the
declarations are written that would keep what is brought back.

What was taken back is held until the files agree with the account, or until --until,
so that the next apply does not make it again. Whether nameservers, keys and addresses
from before the run still serve the names nobody asks: look, and give --force.

DS records and the nameservers of signed names go back in stages: undo the same run
again when the plan says so.`,
		Example: `  domainsync undo 12
  domainsync undo 12 --target example.com/nameservers --force
  domainsync undo 12 --out undo.json
  domainsync undo 12 --hcl`,
		Args:              exactly("ID"),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = cmd.Flags().Changed("auto-approve")
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				if f.hcl {
					return a.undoHCL(i, args[0], f)
				}
				return a.shownAs(f.json, &terminalView{app: a, format: f.format, details: f.details}, func(shown view) error {
					if err := alone(cmd, f.json); err != nil {
						return err
					}
					return a.undo(i, args[0], f, shown)
				})
			})
		},
	}
	addUndoFlags(cmd, a, &f)
	return saysEnd(cmd)
}

func addUndoFlags(cmd *cobra.Command, a *app, f *undoFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "change nothing, and save the plan in a `file` (mode 0600) for apply")
	flags.BoolVar(&f.store, "store", false, "change nothing, keep the whole plan in the state for 14 days, and print its hash, which apply --reviewed takes")
	addAutoApprove(cmd, &f.approve)
	flags.StringVar(&f.until, "until", "", "end the hold at this `time`: 2026-12-01, or how long it lasts, such as 7d (default 14d)")
	flags.BoolVar(&f.force, "force", false, "bring back nameservers, DS records and hosts that nobody has asked: you have looked")
	flags.BoolVar(&f.hcl, "hcl", false, "change nothing, and write the declarations that would keep what an undo brings back")
	addPlanFormat(cmd, &f.format, &f.details)
	addJSON(cmd, &f.json)
	addTargets(cmd, a, &f.targets)
	addLimit(cmd, &f.limit)
	addGuards(cmd, &f.guards)
	addAccept(cmd, a, &f.accept)
	addFailOn(cmd, &f.failOn)
	addRefresh(cmd, &f.refresh)
	addRunFlags(cmd, &f.runFlags)
	addBreakGlass(cmd, &f.runFlags)
	addWarnings(cmd, a)
	addMetrics(cmd)
	addHeartbeat(cmd)
	for _, other := range []string{"out", "store", "auto-approve", "json"} {
		cmd.MarkFlagsMutuallyExclusive("hcl", other)
	}
}

// undo takes back what a run has changed, or saves the plan of that.
func (a *app) undo(i interrupts, run string, f undoFlags, shown view) error {
	defer a.spareMemory()()
	defer outliveReaders()()
	o, accept, err := a.undoOptions(run, f)
	if err != nil {
		return err
	}
	if err := canWrite(f.out); err != nil {
		return fmt.Errorf("the plan cannot be saved: %w", err)
	}
	w := a.watch(shown, &acceptedView{a, accept})
	j, err := a.undoJob(i, f, accept, &o, w)
	if err != nil {
		return err
	}
	j.Refresh = job.Refresh(f.refresh)
	if f.out != "" || f.store {
		return a.keepUndo(i, j, o, f, w)
	}
	switch {
	case !f.given:
		a.asks(j)
	case o.Approval == nil:
		j.Approve = a.approveAll
	}
	r, err := j.Undo(i.hard, o)
	return w.end(r, err)
}

// keepUndo plans what takes back a run, for a later apply.
func (a *app) keepUndo(i interrupts, j *job.Job, o job.UndoOptions, f undoFlags, w *watch) error {
	if f.store {
		o.Keep = func(ctx context.Context, p *planner.Plan) (string, error) { return a.storePlan(ctx, p, j.Endpoint) }
	}
	r, err := j.PlanUndo(i.hard, o)
	if err == nil && f.out != "" {
		err = a.savePlan(f.out, r.Plan)
	}
	if err == nil {
		a.sayStored(r.Plan)
	}
	return w.end(r, err)
}

// undoHCL writes the declarations that would keep what an undo brings back.
func (a *app) undoHCL(i interrupts, run string, f undoFlags) error {
	o, accept, err := a.undoOptions(run, f)
	if err != nil {
		return err
	}
	w := a.watch()
	j, err := a.undoJob(i, f, accept, &o, w)
	if err != nil {
		return err
	}
	r, err := j.PlanUndo(i.hard, o)
	if err != nil {
		return w.end(r, err)
	}
	return buffered(a.stdout, func(out io.Writer) error { return runrender.UndoHCL(out, r.Plan, a.masker) })
}

// undoOptions reads the values of the flags that can be read without the files.
func (a *app) undoOptions(run string, f undoFlags) (o job.UndoOptions, accept []accepted, err error) {
	o = job.UndoOptions{Limit: f.limit, Forced: f.force, Unasked: f.given}
	if o.Run, err = runNumber(run); err != nil {
		return o, nil, err
	}
	if err := errors.Join(oneOf("--format", f.format, planFormats...), checkRefresh(f.refresh), checkLimit(f.limit)); err != nil {
		return o, nil, err
	}
	if o.Approval, err = parseApproval(f.approve); err != nil {
		return o, nil, err
	}
	if (f.out != "" || f.store) && f.given {
		return o, nil, errors.New("--out and --store change nothing, so that nothing is approved: leave out --auto-approve, and give it to apply")
	}
	if f.until != "" {
		if o.Until, err = parseEnd(f.until, a.clock.Now()); err != nil {
			return o, nil, fmt.Errorf("--until: %w", err)
		}
		if !o.Until.After(a.clock.Now()) {
			return o, nil, fmt.Errorf("--until: the hold would have ended on %s already", o.Until.UTC().Format(time.DateTime))
		}
	}
	if accept, err = parseAccept(f.accept); err != nil {
		return o, nil, err
	}
	failOn, err := parseFailOn(f.failOn)
	o.Accept = acceptanceOf(accept, failOn)
	return o, accept, err
}

// undoJob returns the job of the files. Targets may select names that the files do not
// declare any more.
func (a *app) undoJob(i interrupts, f undoFlags, accept []accepted, o *job.UndoOptions, w *watch) (*job.Job, error) {
	only, err := planner.SelectTargets(f.targets)
	if err != nil {
		return nil, fmt.Errorf("--target: %w", err)
	}
	j, _, err := a.jobFor(i, nil, accept, f.guards, f.runFlags, w)
	if err == nil {
		o.Only = only.In(j.Portfolio)
	}
	return j, err
}
