// Package job makes whole runs of a job on one account: it settles what earlier
// runs left, reads, plans, admits, executes, makes what follows, and says how
// that ended. It is the only place that knows this order.
//
// A job prints nothing. What happens is told by typed events as it happens, and
// by a [Result] in the end; terminals, files and pages are views of these.
package job

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// Service is what a job asks of the service. It bounds its own rate, and sends
// again by itself what certainly was not executed.
type Service interface {
	reader.Service
	reader.LogReader
	executor.Service
	// ServiceClock tells how the local clock and the service's stand.
	ServiceClock() *clock.Remote
	// Stats returns how often each operation was called.
	Stats() map[string]int
	// Throttled returns how many of these calls were refused because they came too
	// fast.
	Throttled() map[string]int
}

// OpenJournal opens the record of an account at an endpoint. Whoever opens it to
// write holds the account until it is closed; to read it is open to everybody.
// Where neither is said, it is the one that the state has.
type OpenJournal func(ctx context.Context, endpoint, account string, readOnly bool) (*journal.Journal, error)

// InState opens journals in a state: a directory, or a URL that many accounts share.
func InState(state string, o journal.Options) OpenJournal {
	return func(ctx context.Context, endpoint, account string, readOnly bool) (*journal.Journal, error) {
		o := o
		o.Choose = endpoint == ""
		o.Endpoint, o.Account, o.ReadOnly = cmp.Or(endpoint, o.Endpoint), cmp.Or(account, o.Account), readOnly
		return journal.Open(ctx, state, o)
	}
}

// A Job is what is declared of one account, and how it is reached. It is plain
// values and may be used for any number of runs, one after the other.
type Job struct {
	// Name tells the job from others in its events; "": it is the only one.
	Name string
	// Portfolio is what the files declare, the account that they pin and the
	// limits that they set.
	Portfolio *config.Portfolio
	// Service is the account's, at Endpoint.
	Service  Service
	Endpoint string
	Journal  OpenJournal
	// Readings keeps what is read of the names, so that it is not read again while
	// nothing tells that it has changed. Nil: every run reads all that it needs.
	Readings OpenBlobs
	Refresh  Refresh // "": [RefreshAuto]
	// Policy is what the operator permits at most, in each run anew; nil: everything.
	Policy *config.OperatorPolicy

	// CountMonths has runs that look at all that the files declare count the account by
	// month.
	CountMonths bool

	// Approve lets a plan with something to do pass, or says with its error why
	// it must not be applied. It returns the person who approves it, whose yes is
	// recorded change by change; "": nobody in person. Nil: every plan passes.
	Approve func(context.Context, *planner.Plan) (by string, err error)
	// Person is whom Approve asks, where it asks a person; "": it asks nobody.
	Person string
	// Rule is that of the fleet whose run it is, and is recorded in the state. Nil: the
	// run is no fleet's, and what the rule in the state asks persons about is refused.
	Rule *planner.PersonRule
	// BreakGlass is why changes are made without the persons whom the rule in the state
	// asks; "": they are not. It is recorded, and told.
	BreakGlass string
	// Events is told what happens, by one goroutine at a time. Nil: nobody is.
	Events func(Event)
	// ShowPersonal tells personal texts in events as they are. Otherwise each has a
	// mask in its place, whoever looks on: what a run returns is never masked.
	ShowPersonal bool
	// Masker masks them, and knows what it has seen; nil: one for each run.
	Masker *personal.Masker
	// Shown says with its error that some event could not be shown: then no
	// more is executed, for nobody has seen the plan. Nil: all are.
	Shown func() error
	// Notifiers tell people what they have to know after applies and resumes.
	Notifiers []Notifier
	// Stop asks for an orderly end when it is closed: nothing more is read,
	// asked or sent, and what was sent is settled. The end of a context stops
	// at once.
	Stop <-chan struct{}

	// Actor is who has the run made, as the journal keeps it. Exit returns the exit code
	// of a run that ends with a result, and why it is not 0; nil: it is not recorded how
	// runs end.
	Actor journal.Actor
	Exit  func(*Result, error) (code int, reason string)

	Version string       // of the program, which plans carry
	Log     *slog.Logger // nil: none
	Timing  executor.Timing
	// Clock is of all times and waits: that of Service, where there is one, whose
	// time the first answer of each run decides. The journal records by its time,
	// and measures by a clock that no answer moves.
	Clock clock.Clock
}

// PlanOptions say what is planned.
type PlanOptions struct {
	Only  planner.Selection // the names; the zero value selects all
	Limit int               // the most names that are changed; 0: all
	// Live is the state to plan against instead of the account's: then neither
	// the service nor the journal is asked. Nil: the account's.
	Live *planner.Live
	// History is what such a plan knows of earlier runs, and Logged what the change log
	// tells of names that have drifted, by name; nil: nothing.
	History *planner.History
	Logged  map[string][]wire.ChangeLog
	// Approval says which changes an apply may make without a person; nil: all.
	Approval *planner.Approval
	// Since is a snapshot to begin with: of the account is read what may have
	// changed since. Nil: what the state has.
	Since *planner.Live
	// Commit and Labels are those of the plan.
	Commit string
	Labels map[string]string
	// Keep keeps the whole plan before it is told, and returns its hash; "": it keeps
	// none. Nil: nobody keeps it.
	Keep func(ctx context.Context, p *planner.Plan) (hash string, err error)
	// Accept says of which conditions somebody knows: they are no reason of
	// [Result.Reasons].
	Accept Acceptance
}

// ApplyOptions say what is applied.
type ApplyOptions struct {
	// Saved is a plan that was made before: exactly its changes are made, as
	// far as they still hold. Nil: what is planned now.
	Saved *planner.Plan
	// Reviewed takes such a plan from where the account's plans are kept; nil: Saved
	// says it.
	Reviewed func(ctx context.Context, account string) (*planner.Plan, error)
	// ApprovedBy is who has the saved plan applied, which is their yes to it.
	ApprovedBy string
	// MaxAge refuses a saved plan that is older.
	MaxAge time.Duration
	Only   planner.Selection // the names that are planned; the zero value selects all
	Limit  int               // the most names that are changed; 0: all
	// Approval says which changes may be made without a question; nil: all that
	// [Job.Approve] lets pass.
	Approval *planner.Approval
	// Unasked says that no person says yes to the plan, whatever [Job.Approve] does.
	Unasked bool
	// Spent is what others have spent in this month, where this state is new; nil:
	// nobody says. It is recorded.
	Spent  *attr.Amount
	Accept Acceptance
	// Since is a snapshot with which a state begins that has no readings yet: of the
	// account is read what may have changed since. Nil: everything is read then.
	Since *planner.Live
	// Keep is that of [PlanOptions].
	Keep func(ctx context.Context, p *planner.Plan) (hash string, err error)
}

// Plan compares the account with what is declared. It changes nothing.
func (j *Job) Plan(ctx context.Context, o PlanOptions) (*Result, error) {
	return j.perform(ctx, Planning, o.Accept, func(r *run) error {
		r.whole = o.Only.All() && o.Limit == 0 && o.Live == nil
		plan := func() error {
			in, err := r.observe(o)
			if err != nil {
				return err
			}
			in.Limit, in.Approval = o.Limit, r.underRule(o.Approval, r.Person)
			p := planner.Diff(in)
			tellLogged(p, o.Logged)
			p.Commit, p.Labels = o.Commit, o.Labels
			return r.plan(p, in, o.Keep)
		}
		if o.Live != nil {
			return plan() // nothing is asked
		}
		return r.work(ReadingPart, planner.Effort{}, plan)
	})
}

// Apply settles earlier runs, plans or looks what of a saved plan still holds,
// has it approved, executes it, and makes what it announced to follow.
func (j *Job) Apply(ctx context.Context, o ApplyOptions) (*Result, error) {
	return j.perform(ctx, Applying, o.Accept, func(r *run) error {
		r.whole = o.Only.All() && o.Limit == 0 && o.Saved == nil
		r.approval, r.only, r.begins = o.Approval, o.Only, o.Since
		if o.Saved == nil && o.Reviewed == nil && (o.Unasked || o.Approval != nil) {
			r.approval = r.withoutPerson(o.Approval)
		}
		if err := r.hold(); err != nil {
			return err
		}
		if err := r.takeReviewed(&o); err != nil {
			return err
		}
		r.approval = r.underRule(r.approval, r.present(o))
		if err := r.narrowBy(o.Saved); err != nil {
			return err
		}
		if err := r.settle(); err != nil || r.result.Stopped {
			return err
		}
		if err := r.stateSpent(o.Spent); err != nil {
			return r.end(err)
		}
		if err := r.takeSavedUndo(o.Saved); err != nil {
			return r.end(err)
		}
		var id string
		err := r.work(ReadingPart, planner.Effort{}, func() (err error) {
			id, err = r.prepare(o)
			return err
		})
		if err != nil {
			return err
		}
		if err := r.admit(o); err != nil {
			return err
		}
		if err := r.recordApplied(); err != nil {
			return err
		}
		return r.change(id)
	})
}

// TransferOptions say which names are transferred into the account.
type TransferOptions struct {
	Transfers []attr.Transfer
	// Key returns the transfer key of a name.
	Key func(name string) string
	// Feasible asks whether a name can be transferred with its key, and returns why it
	// cannot, "" where it can.
	Feasible func(ctx context.Context, name string) (refusal string, err error)
	// Unasked says that no person says yes to them.
	Unasked bool
}

// OrderTransfers settles earlier runs, and has names transferred into the account that
// can be: what they cost counts against the budget, and is approved, as in an apply. What
// the files permit beyond the last apply does not count: only an apply approves that.
// Nothing that files declare is changed.
func (j *Job) OrderTransfers(ctx context.Context, o TransferOptions) (*Result, error) {
	bare := *j
	portfolio := *j.Portfolio
	portfolio.Domains, portfolio.Declared = nil, nil
	bare.Portfolio = &portfolio
	return bare.perform(ctx, Applying, Acceptance{}, func(r *run) error {
		r.transfers, r.anew = &o, true
		if o.Unasked {
			r.approval = r.withoutPerson(nil)
		}
		if err := r.hold(); err != nil {
			return err
		}
		r.approval = r.underRule(r.approval, r.present(ApplyOptions{Unasked: o.Unasked}))
		if err := r.narrowAll(r.journal); err != nil {
			return err
		}
		if err := r.settle(); err != nil || r.result.Stopped {
			return err
		}
		if _, err := r.prepare(ApplyOptions{}); err != nil {
			return err
		}
		if err := r.admit(ApplyOptions{}); err != nil {
			return err
		}
		return r.execute("")
	})
}

// Resume goes on with the stored plans of the runs that are open, and makes
// what they announced to follow, as far as the files still say the same. The result has no report where none is open.
func (j *Job) Resume(ctx context.Context) (*Result, error) {
	return j.perform(ctx, Resuming, Acceptance{}, func(r *run) error {
		// Nobody is asked, and the files may say something else since: what was
		// announced was approved then, and nothing beyond it.
		r.approval = new(planner.Approval)
		if err := r.hold(); err != nil {
			return err
		}
		r.approval = r.underRule(r.approval, "")
		if err := r.narrow(r.journal, nil); err != nil {
			return r.end(err)
		}
		plans, err := r.openPlans()
		if err != nil {
			return r.end(err)
		}
		if err := r.resume(); err != nil || r.result.Report == nil {
			return err
		}
		for _, p := range plans {
			if err := r.follow(p.Plan, p.Run); err != nil {
				return err
			}
		}
		return nil
	})
}

// Relock closes the locks that the runs which are open have left open, and acknowledges
// what has ended. It sends nothing else, and the runs stay open. The result has no report
// where none is.
func (j *Job) Relock(ctx context.Context) (*Result, error) {
	return j.perform(ctx, Relocking, Acceptance{}, (*run).relock)
}

// Abandon closes the runs that are open as they are. It asks nobody: the way
// out must not depend on the service. The result has no report where none is
// open.
func (j *Job) Abandon(ctx context.Context) (*Result, error) {
	return j.perform(ctx, Abandoning, Acceptance{}, (*run).abandon)
}

// Fail tells of a run that cannot begin, because of an error: what is known of the ends
// of names from earlier runs. It asks only the state. The job needs no portfolio, and no
// service.
func (j *Job) Fail(ctx context.Context, o Operation, cause error) (*Result, error) {
	own := *j
	return own.conclude(ctx, o, Acceptance{}, func(r *run) error {
		r.findState()
		return cause
	})
}

// perform begins a run, and says how it ended.
func (j *Job) perform(ctx context.Context, o Operation, accept Acceptance, steps func(*run) error) (*Result, error) {
	return j.conclude(ctx, o, accept, func(r *run) error {
		r.emit(Began{Operation: o, Endpoint: j.Endpoint, Version: j.Version})
		return steps(r)
	})
}

// conclude takes the steps of a run, and says how it ended.
func (j *Job) conclude(ctx context.Context, o Operation, accept Acceptance, steps func(*run) error) (_ *Result, err error) {
	r, release := j.begin(ctx, o)
	defer release()
	defer func() { err = errors.Join(err, r.close()) }()
	took := r.measure()
	r.appraisal = &appraisal{Acceptance: accept}
	err = steps(r)
	r.keepBeside()
	r.recallExpiries()
	r.result.Took, r.result.Complete = took(), r.complete(err)
	r.result.Conditions = r.conditions()
	if o == Applying || o == Resuming {
		if unkept := r.notify(err); unkept != nil && !errors.Is(err, unkept) { // else it is why the run ended
			err = errors.Join(err, unkept)
		}
	}
	r.result.Reasons = reasonsOf(r.result.Conditions)
	r.rememberConditions(err)
	r.recordEnd(err)
	r.emit(Ended{Result: r.result, Err: err})
	if o == Applying && r.Portfolio != nil {
		r.retain(err)
	}
	return r.result, err
}
