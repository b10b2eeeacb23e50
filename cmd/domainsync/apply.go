package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	runFlags
	file    string // a saved plan
	approve []string
	given   bool // --auto-approve
	targets []string
	limit   int
	maxAge  time.Duration
	details bool
	accept  []string
}

func newApply(a *app) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:        "apply [PLAN]",
		SuggestFor: []string{"push", "sync"},
		Short:      "Bring the account to what the files declare",
		Long: `Settles what an interrupted run sent, plans, asks, and sends the changes; then
it reads again what was changed. With a PLAN that plan --out saved, exactly its
changes are made; those that no longer hold are left out and reported.

The first interrupt (SIGINT, SIGTERM) stops sending, settles what was sent, and
closes locks that were opened. The second stops at once. Either way resume
finishes the run.`,
		Args: atMostOne("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = cmd.Flags().Changed("auto-approve")
			if len(args) > 0 {
				f.file = args[0]
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.apply(i, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.approve, "auto-approve", nil, "do not ask; with `hazards` (lock,delegation) only if the plan has no other")
	flags.Lookup("auto-approve").NoOptDefVal = allHazards
	flags.IntVar(&f.limit, "limit", 0, "change `N` names at most")
	flags.DurationVar(&f.maxAge, "max-age", 24*time.Hour, "refuse a saved plan that is older")
	flags.BoolVar(&f.details, "details", false, "show every name, not only the first of each group")
	addTargets(cmd, a, &f.targets)
	addAccept(cmd, a, &f.accept)
	completeWith(cmd, "auto-approve", hazardNames()...)
	addRunFlags(cmd, &f.runFlags)
	return cmd
}

// addRunFlags adds the flags of all commands that write to the account.
func addRunFlags(cmd *cobra.Command, f *runFlags) {
	flags := cmd.Flags()
	flags.DurationVar(&f.lockTimeout, "lock-timeout", 0, "wait this long for another run to end")
	flags.DurationVar(&f.quietPeriod, "quiet-period", 15*time.Minute,
		"how long a request whose answer was lost may still take effect: the life of its signature; lower it only against the simulator")
	flags.StringVar(&f.report, "report", "", "write a report as JSON to a `file` (mode 0600)")
}

func (a *app) apply(i interrupts, f applyFlags) (err error) {
	consent, err := parseApproval(f.given, f.approve)
	if err != nil {
		return err
	}
	accept, err := parseAccept(f.accept)
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return fmt.Errorf("--limit %d: give a number of names", f.limit)
	}
	if f.file != "" && (len(f.targets) > 0 || f.limit > 0) {
		return errors.New("a saved plan says itself what is changed: leave out --target and --limit, or plan again with them")
	}
	saved, err := readPlanFile(f.file)
	if err != nil {
		return err
	}
	portfolio, only, err := a.loadSelected(f.targets)
	if err != nil {
		return err
	}
	if err := idleAccept(accept, portfolio); err != nil {
		return err
	}
	s, err := a.open(i, portfolio, f.runFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	settled, err := s.settle()
	if err != nil {
		return err
	}
	w, err := s.prepare(saved, only, f)
	if err != nil {
		return err
	}
	w.accept = accept
	a.remind(accept, w.plan)
	if err := s.admit(w, consent, f.details); err != nil {
		return err
	}
	return s.execute(w, settled, f.report)
}

// settle finishes what an earlier run left. The exit code is for what it could
// not finish; a run that could not be settled ends the command.
func (s *session) settle() (code int, err error) {
	r, err := executor.Settle(s.hard, s.config())
	if r == nil {
		return exitDone, s.end(err)
	}
	fmt.Fprintln(s.app.stdout, "An earlier run was not settled. What became of it:")
	if err := s.app.writeReport(r); err != nil {
		return exitDone, err
	}
	fmt.Fprintln(s.app.stdout)
	switch {
	case err != nil:
		return exitDone, s.end(err)
	case r.Interrupted && s.soft.Err() != nil:
		return exitDone, ended(exitOpen)
	case r.ExitCode() == exitOpen:
		return exitOpen, nil
	case len(r.Unlocked) > 0:
		return exitFailed, nil
	}
	// What failed or was not sent is planned again.
	return exitDone, nil
}

// work is what an apply is about to do.
type work struct {
	plan   *planner.Plan
	stale  []planner.Stale
	done   []string // changes of the saved plan that are live already
	others bool     // the files or variables are not those of the saved plan
	id     string   // of the saved plan; "": there is none
	accept []accepted
}

// prepare plans, or looks what of a saved plan still holds.
func (s *session) prepare(saved *planner.Plan, only planner.Selection, f applyFlags) (*work, error) {
	if saved != nil {
		return s.prepareSaved(saved, f)
	}
	in, err := s.input(only)
	if err != nil {
		return nil, err
	}
	in.Limit = f.limit
	return &work{plan: planner.Diff(in)}, nil
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
	p, err := planner.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if p.ConfigHash == "" {
		return nil, fmt.Errorf("%s is no plan: save one with domainsync plan --out", file)
	}
	return p, nil
}

func (s *session) prepareSaved(saved *planner.Plan, f applyFlags) (*work, error) {
	if err := saved.Check(s.endpoint, s.account, s.app.clock.Now(), f.maxAge); err != nil {
		return nil, fmt.Errorf("%s: %w", f.file, err)
	}
	id, err := executor.PlanID(saved)
	if err != nil {
		return nil, err
	}
	earlier, err := s.journal.Applied(s.soft, id)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		return nil, &executor.AppliedError{Run: earlier.ID, Began: earlier.Began}
	}
	in, err := s.input(planner.SelectNames(saved.Touched()))
	if err != nil {
		return nil, err
	}
	p, stale, done := planner.Recheck(saved, in)
	return &work{plan: p, stale: stale, done: done, others: saved.ConfigHash != s.portfolio.Hash, id: id}, nil
}

// input reads what a plan of some names follows from.
func (s *session) input(only planner.Selection) (planner.Input, error) {
	in := planner.Input{Portfolio: s.portfolio, Only: only, Version: programVersion()}
	var err error
	if in.History, err = s.history(); err != nil {
		return in, err
	}
	if in.Live, err = reader.Fetch(s.soft, s, s.portfolio, s.fetching(only)); err == nil {
		in.Log, err = reader.FetchLog(s.soft, s, in)
	}
	return in, s.end(err)
}

// admit prints the plan and lets it pass, or not.
func (s *session) admit(w *work, consent approval, details bool) error {
	if w.others {
		fmt.Fprint(s.app.stdout, "The files or the variables are not those that the plan was made with: what they\nno longer declare in the same way is stale.\n\n")
	}
	if err := s.app.print(w.plan, "text", details); err != nil {
		return err
	}
	if n := len(w.done); n > 0 {
		listChanges(s.app.stdout, "done already: "+words.Count(n, "change")+" of the saved plan", w.done)
	}
	writeStale(s.app.stdout, w.stale)
	switch {
	case w.plan.Refused():
		return failed(exitCode(w.codes()...), "refused by a guard; nothing was changed")
	case w.plan.HasErrors():
		return failed(exitCode(w.codes()...), "the plan has errors; nothing was changed")
	case w.plan.Converged():
		return nil
	}
	return s.app.approve(s.soft, consent, w.plan)
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

// codes are the exit codes for what the plan alone says.
func (w *work) codes() []int {
	codes := planCodes(w.plan, w.accept, false)
	if len(w.stale) > 0 {
		codes = append(codes, exitFailed)
	}
	return codes
}

// execute makes the changes and says what became of them. A plan without any
// is executed, too: it records what is declared.
func (s *session) execute(w *work, settled int, file string) error {
	cfg := s.config()
	cfg.PlanID = w.id
	r, err := executor.Run(s.hard, w.plan, cfg)
	if r == nil {
		return s.end(err)
	}
	codes := append(w.codes(), settled, r.ExitCode())
	if err == nil {
		var more []int
		r, more, err = s.follow(w.plan, w.accept, r)
		codes = append(codes, more...)
	}
	return s.conclude(r, w, codes, file, err)
}

// follow makes what a plan has announced to follow what is done now.
func (s *session) follow(shown *planner.Plan, accept []accepted, r *executor.Report) (*executor.Report, []int, error) {
	var done []string
	for _, o := range r.Changes {
		if o.Result == executor.Verified || o.Result == executor.Done {
			done = append(done, o.ID)
		}
	}
	if r.Interrupted {
		return r, nil, nil
	}
	p, err := planner.Follow(shown, done, func(only planner.Selection) (planner.Input, error) {
		// The run may have left orders behind, which a later run hears of.
		if _, err := executor.Settle(s.hard, s.config()); err != nil {
			return planner.Input{}, err
		}
		return s.input(only)
	})
	if p == nil || err != nil {
		return r, nil, err
	}
	codes := planCodes(p, accept, false)
	if len(p.Changes) == 0 {
		return r, codes, nil
	}
	fmt.Fprint(s.app.stdout, "\nWhat was announced to follow:\n")
	if err := s.app.print(p, "text", false); err != nil || p.Refused() || p.HasErrors() || p.Converged() {
		return r, codes, err
	}
	more, err := executor.Run(s.hard, p, s.config())
	if more != nil {
		codes = append(codes, more.ExitCode())
	}
	return executor.Join(r, more), codes, err
}
