// Package decide takes what persons say of the changes that a fleet's jobs leave to them.
//
// Who may say what of which plan is decided here, whether it is said by a command or on
// a page. What was said lies in the account's state; the log of the fleet has it as well.
package decide

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// A Table is what has to be known of the runs of a fleet, and where acts are recorded.
type Table interface {
	Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error)
	Do(ctx context.Context, a fleet.Act) error
}

// A Desk is where persons say what they think of changes.
type Desk struct {
	Table Table
	File  *fleet.File
	// Journal opens that of a job's account. Whoever opens it to write holds the account
	// until it is closed.
	Journal func(ctx context.Context, j *fleet.Job, readOnly bool) (*journal.Journal, error)
	// Plan returns the whole plan that a job's state keeps under a hash.
	Plan func(ctx context.Context, j *fleet.Job, hash string) (*planner.Plan, error)
	// Policy returns what the operator of a job permits at most, which ends what persons
	// have said; nil: nobody bounds it.
	Policy func(j *fleet.Job) (*config.OperatorPolicy, error)
}

// A Decision is what a person says of changes of a plan.
type Decision struct {
	Job string
	// Plan is the hash of the plan that the person has looked at, or its first digits.
	Plan    string
	Changes []string // their IDs
	All     bool     // instead, all that wait for persons
	By      string   // the person, by name or alias
	// Until is when a yes ends; zero: when it would end at the latest.
	Until  time.Time
	Reject bool
	Reason string // of a no
}

// A RefusedError says why a decision is not taken. Nothing was recorded.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// A Docket is what waits for persons in a job's last plan, and what they have said of it
// until now.
type Docket struct {
	Run     fleet.Run
	Plan    *planner.Plan
	Waiting []planner.Awaiting
}

// Masked returns it as those may read it who see no contact.
func (d *Docket) Masked() *Docket {
	m := personal.NewMasker()
	return &Docket{d.Run, d.Plan.Masked(m), maskedReasons(m, d.Waiting)}
}

// maskedReasons returns what persons have said, with what their reasons tell of others
// masked: who writes why a change is wrong may name whom it is about.
func maskedReasons(m *personal.Masker, all []planner.Awaiting) []planner.Awaiting {
	shown := append([]planner.Awaiting{}, all...)
	for i := range shown {
		if no := shown[i].Rejected; no != nil {
			shown[i].Rejected = &planner.No{By: no.By, At: no.At, Reason: m.Text(no.Reason)}
		}
	}
	return shown
}

// maskerOf returns a masker that knows what a plan has of persons.
func maskerOf(p *planner.Plan) *personal.Masker {
	m := personal.NewMasker()
	p.Masked(m) // it learns them
	return m
}

// Docket returns what waits for persons; nil: nothing does.
func (d *Desk) Docket(ctx context.Context, job string) (*Docket, error) {
	j, err := d.job(job)
	if err != nil {
		return nil, err
	}
	run, err := d.lastPlanned(ctx, job)
	if run == nil || err != nil {
		return nil, err
	}
	p, err := d.Plan(ctx, j, run.Plan)
	if err != nil {
		return nil, err
	}
	state, err := d.Journal(ctx, j, true)
	if err != nil {
		return nil, err
	}
	waiting, err := d.said(ctx, j, state, waitingIn(p))
	return &Docket{*run, p, waiting}, errors.Join(err, state.Close())
}

// Decide takes a decision, and returns what persons have said of its changes then, as
// those may read it who see no contact.
func (d *Desk) Decide(ctx context.Context, x Decision) (said []planner.Awaiting, err error) {
	j, err := d.job(x.Job)
	if err != nil {
		return nil, err
	}
	person, err := d.person(x.By)
	if err != nil {
		return nil, err
	}
	run, err := d.lookedAt(ctx, x)
	if err != nil {
		return nil, err
	}
	if run.By != "" && strings.EqualFold(d.nameOf(run.By), person) {
		return nil, refuse("%s has asked for run %d, which made this plan, and what somebody had run somebody else decides: another person, or %s after a run by the schedule", person, run.ID, person)
	}
	p, err := d.Plan(ctx, j, run.Plan)
	if err != nil {
		return nil, err
	}
	changes, err := chosen(p, x)
	if err != nil {
		return nil, err
	}
	state, err := d.Journal(ctx, j, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	if err := d.record(ctx, j, state, p, changes, person, x); err != nil {
		return nil, err
	}
	mask := maskerOf(p)
	if err := d.tell(ctx, run, changes, person, x, mask); err != nil {
		return nil, fmt.Errorf("it is recorded in the state of the account, and the log of the fleet lacks it: %w", err)
	}
	said, err = d.said(ctx, j, state, changes)
	return maskedReasons(mask, said), err
}

func (d *Desk) job(name string) (*fleet.Job, error) {
	if j := d.File.Job(name); j != nil {
		return j, nil
	}
	missing := &fleet.NoJobError{Job: name}
	for i := range d.File.Jobs {
		missing.Have = append(missing.Have, d.File.Jobs[i].Name)
	}
	return nil, missing
}

// person returns who decides, by the name that is recorded.
func (d *Desk) person(by string) (string, error) {
	if by == "" {
		return "", refuse("nobody is named who decides")
	}
	if len(d.File.People) == 0 {
		return by, nil
	}
	p := d.File.Person(by)
	switch {
	case p == nil:
		return "", refuse("the file of the fleet has no person who is called %q: --as says who decides, by a name or an alias of a person block", by)
	case !p.Role.Permits(fleet.Approver):
		return "", refuse("%s has the role %s, and approves and rejects nothing: an approver or an admin does", p.Name, p.Role)
	}
	return p.Name, nil
}

// nameOf is whom a command or a page has recorded as the one who asked: a person, or the
// user of a machine.
func (d *Desk) nameOf(by string) string {
	user, _, _ := strings.Cut(by, "@")
	for _, spelled := range []string{by, user} {
		if p := d.File.Person(spelled); p != nil {
			return p.Name
		}
	}
	return user
}

// lastPlanned returns the last run of a job that came to a plan, where that was kept for
// persons; nil: nothing waits.
func (d *Desk) lastPlanned(ctx context.Context, job string) (*fleet.Run, error) {
	run, err := fleet.LastPlanned(ctx, d.Table, job)
	if err != nil || run == nil || run.Plan == "" {
		return nil, err
	}
	return run, nil
}

// lookedAt returns the run whose plan somebody has looked at, which must be the last.
func (d *Desk) lookedAt(ctx context.Context, x Decision) (*fleet.Run, error) {
	if err := planstore.CheckHash(x.Plan); err != nil {
		return nil, refuse("%s", err)
	}
	run, err := d.lastPlanned(ctx, x.Job)
	switch {
	case err != nil:
		return nil, err
	case run == nil:
		return nil, refuse("nothing of %s waits for persons: its last run has kept no plan for them", x.Job)
	case !strings.HasPrefix(run.Plan, x.Plan):
		return nil, refuse("the plan %s is not the last one of %s: run %d has made %s since. Look at that one, and decide on it", x.Plan, x.Job, run.ID, run.Plan)
	}
	return run, nil
}

// refuseLooser says how persons agree to what the files permit beyond the last apply: it
// has no hash that a record could name.
func refuseLooser(id string) error {
	return refuse("%s lets the files permit more, which a person agrees to by yes to an apply at a terminal, with the directory and the state of the job: domainsync apply --dir DIR. Until then the former value goes on", id)
}

// waitingIn returns the changes of a plan that wait for persons.
func waitingIn(p *planner.Plan) (all []*attr.Change) {
	for c := range p.Decidable() {
		if planner.WaitsForPersons(c) {
			all = append(all, c)
		}
	}
	return all
}

// chosen returns the changes of a plan that a decision is about.
func chosen(p *planner.Plan, x Decision) (all []*attr.Change, err error) {
	if x.All == (len(x.Changes) > 0) {
		return nil, refuse("say which changes are meant, by their IDs, or all of them")
	}
	if x.All {
		return allWaiting(p)
	}
	byID := make(map[string]*attr.Change)
	for c := range p.Decidable() {
		byID[c.ID] = c
	}
	for _, id := range x.Changes {
		c := byID[id]
		if c == nil && slices.ContainsFunc(p.Policy, func(l planner.PolicyChange) bool { return l.ID == id }) {
			return nil, refuseLooser(id)
		}
		if c == nil {
			return nil, refuse("no change of the plan that persons decide on has the ID %q", id)
		}
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all, nil
}

// allWaiting returns the changes of a plan that wait for persons, of which there must be
// one at least.
func allWaiting(p *planner.Plan) ([]*attr.Change, error) {
	all := waitingIn(p)
	switch {
	case len(all) > 0:
		return all, nil
	case len(p.Policy) > 0:
		return nil, refuseLooser(p.Policy[0].ID)
	}
	return nil, refuse("no change of the plan waits for persons")
}

// record records a decision in the state of the account.
func (d *Desk) record(ctx context.Context, j *fleet.Job, state *journal.Journal, p *planner.Plan, changes []*attr.Change, person string, x Decision) error {
	now := state.Now()
	var before []planner.ApprovalRecord
	policy, err := d.policy(j)
	if err != nil {
		return err
	}
	why := "" // of a no alone
	if x.Reject {
		why = x.Reason
		if before, err = executor.Approvals(ctx, state); err != nil {
			return err
		}
	}
	records := make([]planner.ApprovalRecord, len(changes))
	for i, c := range changes {
		r := planner.ApprovalRecord{Change: c.ID, Hash: c.ApprovalHash(), By: person, At: now, Until: now.Add(p.ApprovalLife(c)), Rejected: x.Reject, Reason: why}
		r = planner.UnderPolicy(policy, []planner.ApprovalRecord{r})[0]
		switch {
		case x.Reject:
			r.Until = planner.RejectedUntil(&r, before)
		case !x.Until.IsZero() && (!x.Until.After(now) || x.Until.After(r.Until)):
			return refuse("a yes to %s ends after now, and on %s at the latest", c.ID, attr.Date(r.Until))
		case !x.Until.IsZero():
			r.Until = x.Until
		}
		records[i] = r
	}
	return executor.RecordApprovals(ctx, state, records)
}

// mostActs bounds how many acts one decision is in the log of the fleet.
const mostActs = 1000

// tell records a decision in the log of the fleet: an act for each change, or one for
// very many. It keeps no contact: more people read it than decide.
func (d *Desk) tell(ctx context.Context, run *fleet.Run, changes []*attr.Change, person string, x Decision, mask *personal.Masker) error {
	act := fleet.Act{By: person, Deed: fleet.DeedApprove, Job: x.Job, Run: run.ID}
	why := ""
	if x.Reject {
		act.Deed = fleet.DeedReject
		if x.Reason != "" {
			why = ": " + mask.Text(x.Reason)
		}
	}
	if len(changes) > mostActs {
		act.Detail = fmt.Sprintf("%d changes of the plan %s%s", len(changes), run.Plan, why)
		return d.Table.Do(ctx, act)
	}
	for _, c := range changes {
		act.Detail = c.ID + " " + c.ApprovalHash() + why
		if err := d.Table.Do(ctx, act); err != nil {
			return err
		}
	}
	return nil
}

// said returns what persons have said of changes until now.
func (d *Desk) said(ctx context.Context, j *fleet.Job, state *journal.Journal, changes []*attr.Change) ([]planner.Awaiting, error) {
	policy, err := d.policy(j)
	if err != nil {
		return nil, err
	}
	records, err := executor.Approvals(ctx, state)
	if err != nil {
		return nil, err
	}
	return d.File.Rule().SaidOf(changes, planner.UnderPolicy(policy, records), state.Now()), nil
}

// policy is that of a job's operator; nil: there is none.
func (d *Desk) policy(j *fleet.Job) (*config.OperatorPolicy, error) {
	if d.Policy == nil {
		return nil, nil
	}
	return d.Policy(j)
}
