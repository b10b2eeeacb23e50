package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/planner"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	runFlags
	file    string // a saved plan
	hash    string // of a stored plan
	commit  string // of the files
	approve []string
	given   bool // --auto-approve
	targets []string
	limit   int
	maxAge  time.Duration
	details bool
	json    bool // lines of JSON
	accept  []string
	failOn  []string
	guards  []string
	spent   string // what others have spent in this month
	refresh string
	since   string // a snapshot with which a new state begins
}

func newApply(a *app) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:        "apply [PLAN]",
		SuggestFor: []string{"push", "sync"},
		Short:      "Bring the account to what the files declare",
		Long: `Settles what an interrupted run sent, plans, asks, and sends the changes; then
it reads again what was changed. With a PLAN that plan --out saved, exactly its
changes are made, and nobody is asked: the file is the approval; those that no
longer hold are left out and reported.

A yes, and a PLAN, approve change by change: what is deferred, or could not be
made, a later run makes within 14 days, once. With --auto-approve=HAZARDS only the
changes of these hazards are made, and those that somebody has approved; the others
are listed, and the exit code is 2.

The first interrupt (SIGINT, SIGTERM) stops sending, settles what was sent, and
closes locks that were opened. The second stops at once. Either way resume
finishes the run.`,
		Example: `  domainsync apply
  domainsync apply plan.json
  domainsync apply --reviewed 9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab
  domainsync apply --auto-approve=none,lock,money --quiet`,
		Args: atMostOne("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = cmd.Flags().Changed("auto-approve")
			if len(args) > 0 {
				f.file = args[0]
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return a.shownAs(f.json, &terminalView{app: a, details: f.details}, func(shown view) error {
					if err := alone(cmd, f.json); err != nil {
						return err
					}
					return a.apply(i, f, shown)
				})
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.hash, "reviewed", "", "make the changes of the plan that plan --store has kept under a `hash`, as of a PLAN")
	flags.StringVar(&f.commit, "commit", "", "the `commit` that is applied, by all its digits (default: what git has checked out): a plan of another branch is refused")
	addAutoApprove(cmd, &f.approve)
	flags.StringVar(&f.spent, "spent", "", "state `AMOUNT` as what others have spent this month, in the budget's currency, where this state is new; it is recorded")
	flags.DurationVar(&f.maxAge, "max-age", planner.MaxAge, "refuse a saved plan that is older")
	flags.BoolVar(&f.details, "details", false, "show every name, not only the first of each group")
	addJSON(cmd, &f.json)
	addTargets(cmd, a, &f.targets)
	addLimit(cmd, &f.limit)
	addGuards(cmd, &f.guards)
	addAccept(cmd, a, &f.accept)
	addFailOn(cmd, &f.failOn)
	addRefresh(cmd, &f.refresh)
	flags.StringVar(&f.since, "since", "", "where the state has read nothing yet, begin with the snapshot in a `file`, and read what may have changed since")
	addRunFlags(cmd, &f.runFlags)
	addBreakGlass(cmd, &f.runFlags)
	addWarnings(cmd, a)
	addMetrics(cmd)
	addHeartbeat(cmd)
	return saysEnd(cmd)
}

// addJSON adds the flag that has events printed.
func addJSON(cmd *cobra.Command, lines *bool) {
	cmd.Flags().BoolVar(lines, "json", false, "print what happens as lines of JSON, as docs/events.schema.json describes")
}

// addAutoApprove adds the flag that approves changes without a person.
func addAutoApprove(cmd *cobra.Command, hazards *[]string) {
	flags := cmd.Flags()
	flags.StringSliceVar(hazards, "auto-approve", nil, "do not ask; with `hazards` (lock,delegation) make only the changes that have these, or none")
	flags.Lookup("auto-approve").NoOptDefVal = allHazards
	must(flags.SetAnnotation("auto-approve", wordsOfValue, hazardNames()))
	completeWith(cmd, "auto-approve", hazardNames()...)
}

// usualQuietPeriod is how long a request whose answer was lost may still take effect.
const usualQuietPeriod = 15 * time.Minute

// quietPeriod is that of the jobs of a fleet, "" for the usual one. Only tests set it, by
// the linker.
var quietPeriod string

func servedQuietPeriod() time.Duration {
	d, err := time.ParseDuration(quietPeriod)
	if err != nil {
		return usualQuietPeriod
	}
	return d
}

// addRunFlags adds the flags of all commands that write to the account.
func addRunFlags(cmd *cobra.Command, f *runFlags) {
	flags := cmd.Flags()
	addLockTimeout(cmd, &f.lockTimeout)
	flags.DurationVar(&f.quietPeriod, "quiet-period", usualQuietPeriod,
		"how long a request whose answer was lost may still take effect: the life of its signature; lower it only against the simulator")
	addReport(cmd)
}

func (a *app) apply(i interrupts, f applyFlags, shown view) error {
	defer a.spareMemory()()
	defer outliveReaders()()
	approval, err := parseApproval(f.approve)
	if err != nil {
		return err
	}
	accept, err := parseAccept(f.accept)
	if err != nil {
		return err
	}
	if err := checkRefresh(f.refresh); err != nil {
		return err
	}
	if err := checkLimit(f.limit); err != nil {
		return err
	}
	if err := f.checkSaved(); err != nil {
		return err
	}
	if f.isSaved() && len(f.targets) > 0 {
		return errors.New("a saved plan says itself what is changed: leave out --target, or plan again with it")
	}
	failOn, err := parseFailOn(f.failOn)
	if err != nil {
		return err
	}
	spent, err := parseSpent(f.spent)
	if err != nil {
		return err
	}
	saved, err := readPlanFile(f.file)
	if err != nil {
		return err
	}
	if err := a.checkSaved(i.soft, f.file, saved, f.commit); err != nil {
		return err
	}
	w := a.watch(shown, &acceptedView{a, accept})
	j, only, err := a.jobFor(i, f.targets, accept, f.guards, f.runFlags, w)
	if err != nil {
		return a.endUnplanned(i, job.Applying, w, err)
	}
	j.Refresh = job.Refresh(f.refresh)
	since, err := readSinceOf(f.since, j)
	if err != nil {
		return a.endUnplanned(i, job.Applying, w, err)
	}
	by := ""
	switch {
	case f.isSaved():
		by = a.person()
	case !f.given:
		a.asks(j)
	case approval == nil:
		j.Approve = a.approveAll
	}
	o := job.ApplyOptions{Saved: saved, Unasked: f.given, ApprovedBy: by, MaxAge: f.maxAge, Only: only, Limit: f.limit, Spent: spent, Approval: approval, Accept: acceptanceOf(accept, failOn), Since: since, Keep: a.keepPlan}
	if f.hash != "" {
		o.Reviewed = a.reviewed(f.hash, f.commit, j.Endpoint)
	}
	r, err := j.Apply(i.hard, o)
	if e, ok := errors.AsType[*job.SavedPlanError](err); ok {
		err = fmt.Errorf("%s: %w", cmp.Or(f.file, "the stored plan "+f.hash), e)
	}
	return w.end(r, err)
}

// checkSaved refuses a saved plan that cannot be applied, or whose files are not those
// of a commit; nil is none.
func (a *app) checkSaved(ctx context.Context, where string, p *planner.Plan, commit string) error {
	if p == nil {
		return nil
	}
	if err := refuseMasked(where, p); err != nil {
		return err
	}
	if err := a.checkCommitOf(ctx, p, commit); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

// isSaved reports whether what is applied was planned before.
func (f *applyFlags) isSaved() bool { return f.file != "" || f.hash != "" }

// checkSaved refuses what names no plan that was made before.
func (f *applyFlags) checkSaved() error {
	switch {
	case f.file != "" && f.hash != "":
		return errors.New("a PLAN and --reviewed both say what is applied: give one of them")
	case f.commit != "" && !f.isSaved():
		return errors.New("--commit says what a saved plan is compared with: give a PLAN or --reviewed")
	case f.hash != "":
		if err := planstore.CheckHash(f.hash); err != nil {
			return fmt.Errorf("--reviewed: %w", err)
		}
	}
	return checkCommit(f.commit)
}

// parseSpent reads the amount of --spent; nil where none is given.
func parseSpent(text string) (*attr.Amount, error) {
	if text == "" {
		return nil, nil
	}
	amount := new(attr.Amount)
	if err := amount.UnmarshalJSON([]byte(text)); err != nil {
		return nil, fmt.Errorf("--spent %s: give a number with at most two decimals, such as 120.50", text)
	}
	return amount, nil
}

// planBytes bounds a saved plan: one of a million changed names has about half.
const planBytes = 2 << 30

// readPlanFile reads a saved plan; nil where none is named.
func readPlanFile(file string) (*planner.Plan, error) {
	if file == "" {
		return nil, nil
	}
	if info, err := os.Stat(file); err == nil && (!info.Mode().IsRegular() || info.Size() > planBytes) {
		return nil, fmt.Errorf("the plan cannot be read: %s is no regular file, or has more than %d MB, as no plan has", file, planBytes>>20)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	}
	return decodePlan(file, data)
}

// refuseMasked refuses a plan that cannot be applied, for values are masked in it; where
// says whence it is.
func refuseMasked(where string, p *planner.Plan) error {
	if p == nil || !p.IsMasked {
		return nil
	}
	instead := "Save one with domainsync plan --out"
	if p.StoredAs != "" && planstore.CheckHash(p.StoredAs) == nil {
		instead = "The state has the whole one: domainsync apply --reviewed " + p.StoredAs
	}
	return fmt.Errorf("%s is a plan as everybody may read it: personal values are masked in it, so that it cannot be applied. %s", where, instead)
}

// decodePlan reads a plan; where says whence it is.
func decodePlan(where string, data []byte) (*planner.Plan, error) {
	p, err := planner.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if p.ConfigHash == "" {
		return nil, fmt.Errorf("%s is no plan: save one with domainsync plan --out", where)
	}
	return p, nil
}
