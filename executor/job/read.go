package job

import (
	"cmp"
	"context"
	"errors"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// reading are the options of a read of some names.
func (r *run) reading(only planner.Selection) reader.Options {
	o := reader.Options{
		Endpoint: r.Endpoint, Account: r.Portfolio.Account.ID, Only: only, PageSize: r.Portfolio.Refresh.PageSize, Clock: r.Clock, Optional: &r.optional,
		Limits: r.Portfolio.Limits, Names: r.names, RegistryLocks: r.registryLocks,
		Progress: func(p reader.Progress) { r.emit(Reading(p)) },
	}
	if r.transfers != nil {
		o.Transfers, o.Feasible = r.transfers.Transfers, r.transfers.Feasible
	}
	return o
}

// ordered are the transfers that a plan is about; nil: it is about the files.
func (r *run) ordered() []attr.Transfer {
	if r.transfers == nil {
		return nil
	}
	return r.transfers.Transfers
}

// others tells the account's tasks of others from those of a journal.
func (r *run) others(j *journal.Journal) *executor.Others {
	return &executor.Others{Service: r.Service, Journal: j, PageSize: r.Portfolio.Refresh.PageSize, Clock: r.Clock}
}

// observe returns what a plan that nobody applies follows from. A state that is
// given stands for itself.
func (r *run) observe(o PlanOptions) (planner.Input, error) {
	in := planner.Input{Portfolio: r.Portfolio, Only: o.Only, Version: r.Version}
	r.since = o.Since
	if o.Live == nil {
		return in, r.end(r.observeAccount(&in))
	}
	if want := r.Portfolio.Account.ID; want != "" && o.Live.ID != "" && o.Live.ID != want {
		return in, &reader.AccountError{Want: want, Got: o.Live.ID}
	}
	r.offline = true
	in.Live, in.Log = o.Live, planner.Log{Offline: true}
	if o.History != nil {
		in.History = *o.History
	}
	r.result.Endpoint, r.result.Account = o.Live.Endpoint, o.Live.ID
	return in, nil
}

// observeAccount reads the account, and what the journal knows of it, without
// holding it.
func (r *run) observeAccount(in *planner.Input) (err error) {
	j, err := r.open(true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Check(r.soft, r.Endpoint, ""); err != nil {
		return err
	}
	if err := r.tellLoss(j.SuspectLoss(r.soft)); err != nil {
		return err
	}
	if in.History, err = executor.History(r.soft, j); err != nil {
		return err
	}
	r.appraisal.recall(in.History.Seen)
	if err := cmp.Or(r.takeRule(j), r.recallBrokenGlass(j)); err != nil {
		return err
	}
	if err := r.narrowFor(j, in); err != nil {
		return err
	}
	in.Portfolio = r.Portfolio
	if in.Live, err = r.fetch(in, j); err != nil {
		return err
	}
	r.result.Account = in.Live.ID
	if err := j.Check(r.soft, r.Endpoint, in.Live.ID); err != nil {
		return err
	}
	in.Log, err = reader.FetchLog(r.soft, r.Service, *in)
	return err
}

// narrowFor narrows what the files permit for a plan, and puts what is taken back over
// them, where it is an undo.
func (r *run) narrowFor(j *journal.Journal, in *planner.Input) error {
	if r.undoing == nil {
		return r.narrow(j, nil)
	}
	if err := r.narrowForUndo(j); err != nil {
		return err
	}
	if err := r.readUndo(j); err != nil {
		return err
	}
	in.Only, in.Undo = r.only, r.undo
	return nil
}

// input reads what a plan of some names follows from.
func (r *run) input(only planner.Selection) (planner.Input, error) {
	in := planner.Input{
		Portfolio: r.Portfolio, Only: only, Approval: r.approval, Applied: r.transfers == nil, Version: r.Version, Transfers: r.ordered(), Undo: r.undo,
	}
	var err error
	if in.History, err = executor.History(r.soft, r.journal); err != nil {
		return in, r.end(err)
	}
	r.appraisal.recall(in.History.Seen)
	if in.Live, err = r.fetch(&in, r.journal); err == nil {
		in.Log, err = reader.FetchLog(r.soft, r.Service, in)
	}
	return in, r.end(err)
}

// fetch reads the account for an input whose history is that of a journal.
func (r *run) fetch(in *planner.Input, j *journal.Journal) (*planner.Live, error) {
	local := r.Service.ServiceClock().Local()
	began := local.Now()
	o := r.reading(in.Only)
	o.Others, o.History, o.Undo = r.others(j), in.History, in.Undo
	r.foresee(&o)
	release, err := r.remember(&o, in, j)
	if err != nil {
		return nil, err
	}
	defer release()
	live, err := reader.Fetch(r.soft, r.Service, r.Portfolio, o)
	if err == nil {
		r.names, r.registryLocks = len(live.Domains), live.RegistryLocks
		r.noteExpiries(in, live)
		r.emit(Read{Names: len(live.Domains), Failures: len(live.Failures), Seconds: local.Since(began).Seconds()})
	}
	return live, err
}

// today reads what a plan of some names follows from now.
func (r *run) today(ctx context.Context, names []string) (planner.Input, error) {
	live, err := reader.FetchSome(ctx, r.Service, r.Portfolio, names, r.reading(planner.Selection{}))
	return planner.Input{Portfolio: r.Portfolio, Live: live, Version: r.Version, Transfers: r.ordered()}, err
}

// readFacts reads facts of some names.
func (r *run) readFacts(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
	return reader.FetchNames(ctx, r.Service, facts, r.reading(planner.Selection{}))
}

// readList reads a list of all names once.
func (r *run) readList(ctx context.Context, operation string, wanted func(name string) bool, take func([]snapshot.Domain)) error {
	return reader.FetchRows(ctx, r.Service, operation, r.names, wanted, r.reading(planner.Selection{}), take)
}

// tellLogged says of the drifts of a plan what a change log that was read before tells.
func tellLogged(p *planner.Plan, logged map[string][]wire.ChangeLog) {
	if logged == nil {
		return
	}
	for name := range p.Drifted() {
		p.TellDrift(name, logged[name])
	}
}

// tellDrift asks the change log who has changed what a plan calls a drift.
func (r *run) tellDrift(p *planner.Plan) error {
	if r.Service == nil {
		return nil
	}
	return r.end(reader.FetchDrift(r.soft, r.Service, p))
}
