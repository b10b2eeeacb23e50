package job

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
	"github.com/domainsync/domainsync/planner/report"
)

// A run is one execution of a job.
type run struct {
	*Job
	hard    context.Context // ends where the run must stop at once
	soft    context.Context // ends where it is to end in order, too
	journal *journal.Journal
	// identified says that the journal is known to belong to the account.
	identified bool
	account    string // whose the credentials are; "": it holds no name to tell it
	names      int    // that the account has, as last heard
	// registryLocks are those that the run was told; nil: none was.
	registryLocks []snapshot.RegistryLock
	emitter       emitter
	masker        *personal.Masker // nil: personal texts are told as they are
	result        *Result
	// optional are the operations that the run has found its service to lack.
	optional reader.Optional
	// anew reads all that is asked for: what holds of a saved plan, or follows the
	// changes of this run, is not told by what was read before.
	anew bool
	// decided says that a saved plan from the same files was judged before by their checks.
	decided bool
	// keeper has kept what was read for the plan; nil: nothing did.
	keeper   *reader.Keeper
	verified verified
	// expiries are when names end, as the run has read it; nil: it has not, or keeps none.
	// expiriesBefore are those of before, for a plan; nil: there are none.
	expiries, expiriesBefore *planner.Expiries
	// offline says that the run is about a state that it was given.
	offline bool
	// whole says that the run is about all that the files declare.
	whole bool
	// since is a snapshot to begin with; nil: what the state has.
	since *planner.Live
	// begins is what a state without readings begins with; nil: nothing.
	begins *planner.Live
	// transfers are those that are to be ordered; nil: the run is about the files.
	transfers *TransferOptions
	// undoing says what is to be taken back, and undo is what that comes to, which then
	// stands over the files; filesAlone are the files without it. Nil: nothing is.
	undoing    *UndoOptions
	undo       *planner.Undo
	filesAlone *config.Portfolio
	// appraisal says of which conditions somebody knows, and what the others make.
	appraisal *appraisal
	// only are the names that an apply looks at.
	only planner.Selection
	// policy is what the files permit beyond those that were applied last.
	policy []planner.PolicyChange
	// files are what the files state, as far as that counts without the operator's policy.
	files *config.Portfolio
	// ceilings are those of the operator's policy that count where more is stated.
	ceilings []config.Ceiling
	// approval says which changes may be made; nil: all.
	approval *planner.Approval
	// rule says which of them persons have to approve; nil: the account is no fleet's.
	rule *planner.PersonRule
	// parts are what the command does of the runs of the journal.
	parts parts
	// part is what is being done, and foreseen what that is expected to take.
	part      Part
	partBegan time.Time
	foreseen  planner.Effort
}

// begin returns a run. Release frees what it holds beside the journal.
func (j *Job) begin(ctx context.Context, o Operation) (r *run, release func()) {
	soft, cancel := context.WithCancelCause(ctx)
	var group conc.WaitGroup
	if j.Stop != nil {
		group.Go(func() {
			select {
			case <-j.Stop:
				cancel(ErrInterrupted)
			case <-soft.Done():
			}
		})
	}
	if j.Service != nil {
		j.Service.ServiceClock().Begin()
	}
	r = &run{Job: j, hard: ctx, soft: soft, result: &Result{Operation: o, Version: j.Version, Endpoint: j.Endpoint}}
	r.underPolicy(j.Portfolio)
	if !j.ShowPersonal {
		r.masker = cmp.Or(j.Masker, personal.NewMasker())
	}
	return r, func() {
		cancel(nil)
		group.Wait()
	}
}

// stopped reports whether the run was asked to stop.
func (r *run) stopped() bool {
	select {
	case <-r.Stop:
		return true
	default:
		return r.hard.Err() != nil
	}
}

// complete reports whether a run that ends with an error, or nil, has looked at all
// that the files declare.
func (r *run) complete(err error) bool {
	return err == nil && r.whole && r.result.Plan != nil && !r.result.Stopped && (r.result.Report == nil || !r.result.Report.Interrupted)
}

// end says of an error that comes of an interrupt that it does. That the account
// is held or the journal cannot be written is another matter.
func (r *run) end(err error) error {
	_, held := errors.AsType[*journal.LockedError](err)
	_, unwritten := errors.AsType[*journal.WriteError](err)
	if err == nil || held || unwritten || !r.stopped() {
		return err
	}
	return ErrInterrupted
}

// hold takes hold of the account, and makes sure that the credentials and the
// journal belong to it. Another account than that of the files or of the
// journal is refused before anything else is asked.
func (r *run) hold() error {
	var err error
	if r.journal, err = r.open(false); err == nil {
		err = r.identify()
	}
	if err == nil {
		err = cmp.Or(r.takeRule(r.journal), r.recallBrokenGlass(r.journal))
	}
	return r.end(err)
}

// open opens the journal of the account that the files pin. Where they pin none,
// and the state must know, the service is asked.
func (r *run) open(readOnly bool) (*journal.Journal, error) {
	j, err := r.Journal(r.soft, r.Endpoint, r.Portfolio.Account.ID, readOnly)
	if _, ok := errors.AsType[*journal.AccountError](err); !ok {
		return j, err
	}
	account, _, unknown := reader.Identify(r.soft, r.Service)
	if unknown != nil || account == "" {
		return nil, cmp.Or(unknown, err)
	}
	return r.Journal(r.soft, r.Endpoint, account, readOnly)
}

func (r *run) identify() error {
	if err := r.journal.Check(r.soft, r.Endpoint, ""); err != nil {
		return err
	}
	account, names, err := reader.Identify(r.soft, r.Service)
	if err != nil {
		return err
	}
	if want := r.Portfolio.Account.ID; want != "" && account != "" && account != want {
		return &reader.AccountError{Want: want, Got: account}
	}
	r.account, r.names, r.result.Account = account, names, account
	if err := r.journal.Bind(r.soft, r.Endpoint, account); err != nil {
		return err
	}
	r.identified = true
	return r.tellLoss(r.journal.NoticeLoss(r.soft))
}

// tellLoss tells that the state may lack records; nil: it does not.
func (r *run) tellLoss(l *journal.Loss, err error) error {
	if l != nil && err == nil {
		r.emit(StateLost{*l})
	}
	return err
}

// close lets go of the account.
func (r *run) close() error {
	if r.journal == nil {
		return nil
	}
	return r.journal.Close()
}

// config is what the executor works with.
func (r *run) config() executor.Config {
	p := r.Portfolio
	var key func(name string) string
	if r.transfers != nil {
		key = r.transfers.Key
	}
	return executor.Config{
		Service: r.Service, Read: r.readFacts, ReadList: r.readList, Keep: r.keepVerified, Names: r.names, Today: r.today, Journal: r.journal, Stop: r.Stop,
		TransferKey: key, Admit: func(changes []*attr.Change) map[string]string { return planner.Refusals(p, changes) },
		BatchSize: p.Limits.BatchSize, PageSize: p.Refresh.PageSize, MaxFailures: p.Guard.MaxFailures,
		ServiceClock: r.Service.ServiceClock(), Clock: r.Clock, Log: r.Log, Timing: r.Timing,
		Command: r.command(), Actor: r.Actor,
		Events: func(e executor.Event) {
			r.parts.note(e)
			r.emit(r.estimated(e))
		},
	}
}

// openPlans returns the stored plans of the runs that are open. What they tell of
// persons is masked from then on: messages of the service may name somebody whom
// the files do not declare any more.
func (r *run) openPlans() ([]executor.OpenPlan, error) {
	plans, err := executor.OpenPlans(r.soft, r.journal)
	for _, p := range plans {
		for c := range p.Differences() {
			c.EachPersonal(r.masker.Learn)
		}
	}
	return plans, err
}

// settle finishes what earlier runs left. What they could not finish either is
// planned again.
func (r *run) settle() error {
	open, err := r.openPlans()
	if err != nil {
		return r.end(err)
	}
	r.parts.now = journal.PartSettled
	report, err := executor.Settle(r.hard, r.config())
	r.leaveRun()
	r.result.Settled = report
	r.emit(Settled{Report: report})
	unsettled := len(open) > 0 && err != nil || err == nil && report != nil && report.Interrupted
	r.result.Stopped = unsettled && r.stopped()
	return r.end(err)
}

// prepare plans, or looks what of a saved plan still holds. It returns the
// number of the saved plan, "" where there is none.
func (r *run) prepare(o ApplyOptions) (id string, err error) {
	if o.Saved != nil {
		return r.recheck(o.Saved, o)
	}
	in, err := r.input(o.Only)
	if err != nil {
		return "", err
	}
	in.Limit = o.Limit
	return "", r.plan(planner.Diff(in), in, o.Keep)
}

// takeReviewed takes the plan that was reviewed from where it is kept.
func (r *run) takeReviewed(o *ApplyOptions) (err error) {
	if o.Reviewed == nil {
		return nil
	}
	account, err := r.accountOf(r.journal)
	if err != nil {
		return err
	}
	o.Saved, err = o.Reviewed(r.soft, cmp.Or(account, r.account))
	return r.end(err)
}

// recheck compares a saved plan with the account, which must not have seen it before.
// One of which nothing can be made while some of it waits has no number: it is not used
// up, so that it can be applied when persons have approved it, or a guard lets it pass.
func (r *run) recheck(saved *planner.Plan, o ApplyOptions) (id string, err error) {
	if err := saved.Check(r.Endpoint, r.account, r.Service.ServiceClock().Latest(r.Clock.Now()), o.MaxAge); err != nil {
		return "", &SavedPlanError{err}
	}
	if err := r.checkAge(saved); err != nil {
		return "", err
	}
	if id, err = executor.PlanID(saved); err != nil {
		return "", err
	}
	earlier, err := r.journal.Applied(r.soft, id)
	if err != nil {
		return "", err
	}
	if earlier != nil {
		return "", &executor.AppliedError{Run: earlier.ID, Began: earlier.Began, Waiting: saved.Count(attr.Unapproved) > 0}
	}
	r.anew = true
	in, err := r.input(planner.SelectNames(saved.Rechecked()))
	if err != nil {
		return "", err
	}
	in.Limit = o.Limit
	p, stale, done := planner.Recheck(saved, in)
	r.decided = saved.ConfigHash == r.Portfolio.Hash
	r.result.Stale, r.result.Done, r.result.OtherFiles = stale, done, saved.ConfigHash != r.Portfolio.Hash
	p.Commit, p.Labels, p.StoredAs = saved.Commit, saved.Labels, saved.StoredAs
	if err := r.plan(p, in, nil); err != nil || p.Converged() && len(p.Changes) > 0 {
		return "", err
	}
	return id, nil
}

// plan keeps the plan of the run, which follows from the input, says who has changed what
// has drifted, and judges the checks of the files. Keep, if any, keeps it beyond the run.
func (r *run) plan(p *planner.Plan, in planner.Input, keep func(context.Context, *planner.Plan) (string, error)) (err error) {
	if err := r.tellDrift(p); err != nil {
		return err
	}
	p.AddCeilings(r.ceilings)
	p.AddPolicy(r.policy)
	r.judgeChecks(p, in)
	r.result.Plan = p
	if r.CountMonths && r.whole {
		r.result.Months = report.MonthsOf(in, p)
	}
	switch {
	case p.Refused():
		r.result.Refusal = "refused by a guard, and stop_all is set"
	case p.HasErrors():
		r.result.Refusal = "the plan has errors"
	}
	p.Conditions = r.conditions()
	if keep != nil {
		if p.StoredAs, err = keep(r.soft, p); err != nil {
			return r.end(err)
		}
	}
	r.emit(Planned{Plan: p, Stale: r.result.Stale, Done: r.result.Done, OtherFiles: r.result.OtherFiles, NewState: p.NewStateNote(in)})
	return nil
}

// unseen is why nobody may have seen what was told.
func (r *run) unseen() error {
	if r.Shown == nil {
		return nil
	}
	return r.Shown()
}

// admit lets the plan pass, or not. Whoever has a saved plan applied has approved
// it; others are asked.
func (r *run) admit(o ApplyOptions) error {
	var err error
	by, approved := o.ApprovedBy, r.result.Plan
	if o.Saved != nil {
		approved = o.Saved
	}
	switch p, unseen := r.result.Plan, r.unseen(); {
	case r.result.Refusal != "":
		err = &RefusedError{r.result.Refusal}
	case unseen != nil:
		err = unseen
	case p.Converged() && !r.asksForWord(o):
		return r.recordApprovals(approved, by)
	case r.Approve != nil && o.Saved == nil:
		r.emit(AwaitingApproval{})
		by, err = r.Approve(r.soft, p)
	}
	if err != nil {
		r.emit(Refused{Reason: err.Error()})
		return err
	}
	r.emit(Approved{By: by})
	if err := r.breakGlass(by); err != nil {
		return err
	}
	return r.recordApprovals(approved, by)
}

// recordApprovals records a person's yes to a plan, where there is a person. What somebody
// has rejected, maybe since a saved plan was made, takes a yes of its own. A person of the
// rule is recorded by name: an alias can be that of somebody else later.
func (r *run) recordApprovals(p *planner.Plan, by string) error {
	if by == "" {
		return nil
	}
	before, err := executor.Approvals(r.soft, r.journal)
	if err != nil {
		return r.end(err)
	}
	now := r.journal.Now()
	yes := p.ToRecord(r.approval, r.Portfolio, cmp.Or(r.rule.Person(by), by), now, r.result.Done)
	return r.end(executor.RecordApprovals(r.soft, r.journal, r.rule.NotRejected(yes, before, now)))
}

// change makes the changes of the plan, and what it announced to follow.
func (r *run) change(id string) error {
	p := r.result.Plan
	do := func() error {
		if err := r.execute(id); err != nil {
			return err
		}
		return r.follow(p, r.result.Report.Run)
	}
	if p.Converged() {
		return do()
	}
	foreseen := foreseenOf(p)
	r.emit(Foreseen{Part: ChangingPart, Effort: foreseen})
	return r.work(ChangingPart, foreseen, do)
}

// execute makes the changes. A plan without any is executed, too: it records
// what is declared.
func (r *run) execute(id string) error {
	cfg := r.config()
	cfg.PlanID = id
	r.parts.now = journal.PartBegan
	report, err := executor.Run(r.hard, r.result.Plan, cfg)
	return r.executed(report, err)
}

// resume goes on with the runs that are open.
func (r *run) resume() error {
	r.parts.now = journal.PartResumed
	report, err := executor.Resume(r.hard, r.config())
	return r.executed(report, err)
}

// relock closes the locks that the runs which are open owe.
func (r *run) relock() error {
	if err := r.hold(); err != nil {
		return err
	}
	if _, err := r.openPlans(); err != nil {
		return r.end(err)
	}
	r.parts.now = journal.PartRelocked
	report, err := executor.Relock(r.hard, r.config())
	return r.executed(report, err)
}

// executed adds what became of the changes of a plan, nil where none was to be
// made.
func (r *run) executed(report *executor.Report, err error) error {
	r.leaveRun()
	if report != nil {
		r.emit(Executed{report})
	}
	r.result.Report = executor.Join(r.result.Report, report)
	return r.end(err)
}

// abandon closes the runs that are open.
func (r *run) abandon() error {
	var err error
	if r.journal, err = r.Journal(r.soft, r.Endpoint, "", false); err != nil {
		return r.end(err)
	}
	if r.result.Endpoint, r.result.Account, err = r.journal.Binding(r.soft); err != nil {
		return err
	}
	open, err := r.journal.Open(r.soft)
	if err != nil {
		return err
	}
	for _, run := range open {
		r.parts.of(run.ID, journal.PartAbandoned)
	}
	r.result.Report, err = executor.Abandon(r.hard, executor.Config{Journal: r.journal, Clock: r.Clock, Log: r.Log})
	return r.end(err)
}

// follow makes what the plan of a run has announced to follow what is done now.
func (r *run) follow(shown *planner.Plan, announcedBy int64) error {
	if r.result.Report.Interrupted {
		return nil
	}
	var done []string
	for _, c := range r.result.Report.Changes {
		if c.Result == executor.Verified || c.Result == executor.Done {
			done = append(done, c.ID)
		}
	}
	p, err := planner.Follow(shown, done, r.inputToFollow)
	if p == nil || err != nil {
		return err
	}
	r.result.Follow = append(r.result.Follow, p)
	if len(p.Changes) == 0 {
		return nil
	}
	r.emit(FollowPlanned{Plan: p})
	if err := r.unseen(); err != nil || p.Refused() || p.HasErrors() || p.Converged() {
		return err
	}
	cfg := r.config()
	cfg.FollowsRun = announcedBy
	r.parts.now = journal.PartBegan
	more, err := executor.Run(r.hard, p, cfg)
	return r.executed(more, err)
}

// inputToFollow reads the input for a plan of the changes that follow. The run
// may have left orders behind: it looks at them once more first. What it finds
// out belongs to the result, whether they are its own or those of earlier runs.
func (r *run) inputToFollow(only planner.Selection) (planner.Input, error) {
	r.parts.now = journal.PartSettled
	report, err := executor.Settle(r.hard, r.config())
	r.leaveRun()
	r.emit(Settled{Report: report, Follow: true})
	r.result.Report, r.result.Settled = r.result.Report.Update(report), r.result.Settled.Update(report)
	if err != nil {
		return planner.Input{}, r.end(err)
	}
	r.anew = true
	return r.input(only)
}
