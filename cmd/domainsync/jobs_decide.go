package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/api"
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// decideFlags are the flags of what a person says of changes.
type decideFlags struct {
	fleet       string // file
	plan        string // hash
	as          string // person
	all         bool
	until       string
	reason      string
	lockTimeout time.Duration
}

func addDecide(cmd *cobra.Command, f *decideFlags) {
	flags := cmd.Flags()
	addFleetFile(cmd, &f.fleet)
	flags.StringVar(&f.plan, "plan", "", "the `hash` of the plan that you have looked at, as jobs show says it, or at least 12 digits of it")
	flags.StringVar(&f.as, "as", "", "the `person` who decides, by a name or an alias of a person block (default: who you are for the system)")
	flags.BoolVar(&f.all, "all", false, "all changes of the plan that wait for persons, instead of some")
	addLockTimeout(cmd, &f.lockTimeout)
	must(cmd.MarkFlagRequired("plan"))
	must(flags.SetAnnotation("plan", whereValueIs, []string{"domainsync jobs show JOB --waiting says it, and lists what waits"}))
}

// addFleetFile adds the flag that names the file of the fleet.
func addFleetFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "fleet", config.FleetFile, "`file` of the fleet, which says where the state of the job is and who is a person")
	must(cmd.MarkFlagFilename("fleet", "hcl"))
}

func newJobsApprove(a *app) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "approve JOB [CHANGE...]",
		Short: "Say yes to changes that wait for persons",
		Long: `Records in the state of the job's account that a person says yes to changes of its last
plan, by their IDs, or to all of them; domainsync jobs show JOB --waiting shows both. The
next run makes those that have as many persons as the fleet asks for. A yes is to exactly the change that the plan shows, counts for 14
days or until --until, and is used once. It is refused where the plan is not the last one
of the job, and to whoever asked for the run that made it. Who says it is believed.`,
		Example: `  domainsync jobs approve corp example.com/nameservers --plan 9c56cc51b374 --as ada
  domainsync jobs approve corp --all --plan 9c56cc51b374 --until 2026-12-04`,
		Args: atLeastOne("JOB"), ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.decide(cmd.Context(), args, f, false) },
	}
	addDecide(cmd, &f)
	cmd.Flags().StringVar(&f.until, "until", "", "the yes ends at this `time`, sooner than it would: 2026-12-04, or how long it lasts, such as 24h or 3d")
	return cmd
}

func newJobsReject(a *app) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "reject JOB [CHANGE...]",
		Short: "Say no to changes that wait for persons",
		Long: `Records in the state of the job's account that a person says no to changes of its last
plan: what was said for them before counts no more, and plans say who has rejected them and
why, for 14 days or until somebody approves them after that. It keeps nothing from being
made that needs no person: domainsync pause does.`,
		Example: `  domainsync jobs reject corp example.com/nameservers --plan 9c56cc51b374 --reason "ns2 does not answer yet"`,
		Args:    atLeastOne("JOB"), ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.decide(cmd.Context(), args, f, true) },
	}
	addDecide(cmd, &f)
	cmd.Flags().Var((*reasonValue)(&f.reason), "reason", "`why`, for those who read plans")
	must(cmd.MarkFlagRequired("reason"))
	return cmd
}

// decide records what a person says of changes, and prints how that stands then.
func (a *app) decide(ctx context.Context, args []string, f decideFlags, reject bool) error {
	x := decide.Decision{Job: args[0], Plan: f.plan, Changes: args[1:], All: f.all, By: cmp.Or(f.as, a.person()), Reject: reject, Reason: f.reason}
	if f.until != "" {
		var err error
		if x.Until, err = parseEnd(f.until, a.clock.Now()); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	if client, err := a.serverClient(); client != nil || err != nil {
		return errors.Join(err, a.decideThere(ctx, client, x, f))
	}
	return a.useDesk(ctx, f.fleet, f.lockTimeout, func(d *decide.Desk) error {
		said, err := d.Decide(ctx, x)
		a.sayDecided(said)
		return err
	})
}

// sayDecided prints what persons have said of changes.
func (a *app) sayDecided(said []planner.Awaiting) {
	for i := range said {
		fmt.Fprintf(a.stdout, "%s: %s\n", inert.Text(said[i].Change), inert.Text(a.maskedText(waitingLine(&said[i]))))
	}
}

// maskedText is free text as it may be shown.
func (a *app) maskedText(text string) string {
	if a.masker == nil {
		return text
	}
	return a.masker.Text(text)
}

// waitingLine says what persons have said of a change.
func waitingLine(w *planner.Awaiting) string {
	text := w.String()
	if no := w.Rejected; no != nil {
		text += "; rejected by " + no.By + " on " + attr.Date(no.At) + behind(": ", no.Reason)
	}
	return text
}

// useDesk opens the fleet for what persons decide.
func (a *app) useDesk(ctx context.Context, file string, lockTimeout time.Duration, use func(*decide.Desk) error) error {
	state, err := a.fleetState()
	if err != nil {
		return err
	}
	f, diags := a.loadFleet(file, state)
	if f == nil {
		return errors.Join(diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)), &exit{code: exitError, said: shortly("the file of the fleet has", diags)})
	}
	return a.useTable(ctx, func(t api.Table) error {
		d := a.desk(t, f)
		d.Journal = func(ctx context.Context, j *fleet.Job, readOnly bool) (*journal.Journal, error) {
			return a.ofAccount(j).journalOfAccount(ctx, readOnly, lockTimeout)
		}
		err := use(d)
		if e, ok := errors.AsType[*fleet.NoJobError](err); ok {
			return noJob(e.Job, e.Have)
		}
		return err
	})
}

// desk is where persons decide on the changes of a fleet's jobs.
func (a *app) desk(t decide.Table, f *fleet.File) *decide.Desk {
	return &decide.Desk{
		Table: t, File: f,
		Journal: func(ctx context.Context, j *fleet.Job, readOnly bool) (*journal.Journal, error) {
			return a.ofAccount(j).journalOfAccount(ctx, readOnly, 0)
		},
		Plan: func(ctx context.Context, j *fleet.Job, hash string) (*planner.Plan, error) {
			return a.ofAccount(j).planToShow(ctx, nil, hash)
		},
		Policy: func(j *fleet.Job) (*config.OperatorPolicy, error) {
			o, diags, err := a.ofAccount(j).loadPolicy()
			return o, errors.Join(err, policyWrong(diags))
		},
	}
}

// ofAccount returns what works with the state of a job's account alone.
func (a *app) ofAccount(j *fleet.Job) *app {
	own := *a
	own.flags.dir, own.flags.state, own.flags.stateDir = j.Dir, j.State, ""
	own.flags.policy = cmp.Or(j.Policy, a.flags.policy)
	return &own
}

// journalOfAccount opens the journal of the account.
func (a *app) journalOfAccount(ctx context.Context, readOnly bool, lockTimeout time.Duration) (*journal.Journal, error) {
	state, o, err := a.state()
	if err != nil {
		return nil, err
	}
	o.Choose, o.ReadOnly, o.LockTimeout = true, readOnly, lockTimeout
	j, err := journal.Open(ctx, state, o)
	return j, held(err)
}

// waitingColumns are those of a list of changes that wait for persons.
var waitingColumns = []column[planner.Awaiting]{
	{"change", func(w *planner.Awaiting) any { return w.Change }},
	{"hazard", func(w *planner.Awaiting) any { return string(w.Hazard) }},
	{"needed", func(w *planner.Awaiting) any { return w.Needed }},
	{"approved", func(w *planner.Awaiting) any { return len(w.Approved) }},
	{"said", func(w *planner.Awaiting) any { return waitingLine(w) }},
}

// listWaiting lists what waits for persons in the last plan of a job.
func (a *app) listWaiting(ctx context.Context, name, file, format string) error {
	if client, err := a.serverClient(); client != nil || err != nil {
		return errors.Join(err, a.listWaitingThere(ctx, client, name, format))
	}
	return a.useDesk(ctx, file, 0, func(d *decide.Desk) error {
		docket, err := d.Docket(ctx, name)
		if err != nil {
			return err
		}
		if docket == nil {
			return a.sayWaiting(name, &api.Waiting{}, format)
		}
		return a.sayWaiting(name, &api.Waiting{Run: docket.Run.ID, Plan: docket.Run.Plan, Changes: docket.Waiting}, format)
	})
}

// sayWaiting prints what waits for persons.
func (a *app) sayWaiting(name string, w *api.Waiting, format string) error {
	if w.Run != 0 {
		fmt.Fprintf(a.stderr, "%s: run %d, plan %s\n", inert.Text(name), w.Run, inert.Text(w.Plan))
	}
	return list(a, format, waitingColumns, each(w.Changes))
}
