// Package planner compares what is declared with what is live.
//
// [Fetch] reads the live state, [Diff] is a pure function from it and the
// desired state to a [Plan].
package planner

import (
	"iter"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Live is the live state of the account.
type Live = snapshot.Account

// FormatVersion is the version of the plan's JSON form.
const FormatVersion = 1

// A Plan is what would bring the account to the declared state. It is sorted,
// plain data; its JSON form ([Document]) is what
// `plan --out` saves.
type Plan struct {
	FormatVersion int
	Version       string // of the program that made it
	Endpoint      string
	Account       string // "" where the account holds no name to tell it
	ReadAt        time.Time
	ConfigHash    string
	// Commit is that of the files, as whoever planned has told it: 40 or 64 digits, or
	// "". Labels say what else the plan belongs to, such as a pull request.
	Commit string
	Labels map[string]string
	// StoredAs is the hash under which the state keeps the whole plan, "" where it does
	// not. What is kept does not hold it.
	StoredAs string
	// Partial says that the plan is what is left of another one: it tells of
	// nothing else that the files declare.
	Partial bool
	// IsMasked says that personal texts are masked in it: it tells what would be
	// done, and cannot be applied.
	IsMasked bool

	Summary     Summary
	Diagnostics []Diagnostic
	// Changes are sorted by domain, then in the order of the attribute table. Those
	// that open and close the update lock around others are among them
	// ([attr.Change.Temporary]).
	Changes []attr.Change
	// Missing are declared names that the account does not hold.
	Missing []string
	// Unmanaged are names of the account that no file declares; empty where
	// the configuration ignores them.
	Unmanaged []string
	// OwedRelocks are names whose update lock an earlier run opened and nobody
	// closed.
	OwedRelocks []string
	Guards      []Guard
	Budget      *Budget // nil: nothing is bought
	Calls       []Calls
	Failures    []snapshot.Failure
	// Declared are all declared names: the next plan's guard counts those
	// that are gone.
	Declared []string
	// Approved are the changes that a person has approved, whatever else lets them
	// be made.
	Approved []Approved
	// Awaiting are the changes that persons still have to approve, and those that are
	// made without.
	Awaiting []Awaiting
	// StartsClock and ResetsClock are marks, as those of changes, of what is live as declared
	// and of what is not where nothing changes.
	StartsClock []string
	ResetsClock []string
	// Overdue are the changes that have waited for too long.
	Overdue []Overdue
	// Settings are the labels of the names of which the plan tells something, and which
	// of them are critical; a name without either is not there.
	Settings SettingsByName
	// Threats are the states that threaten declared names, the severest first.
	Threats []Threat
	// Conditions are what a person has to know of, the severest first, as far as the run
	// that made the plan has said so.
	Conditions []Condition
	// Rescues are the names that only a change of the plan keeps. It is in no file.
	Rescues []Rescue
	// Shortfall is the first month of the next 90 days whose renewals cost more than its
	// budget has; nil: none does. It is in no file; a warning tells of it.
	Shortfall *Shortfall
	// SelfRenewals are the purchases that the service makes by itself in the next 90
	// days, the first one first.
	SelfRenewals []SelfRenewal
	// Checks are the assertions of check blocks that do not hold, as [Plan.JudgeChecks]
	// finds them.
	Checks []config.FailedCheck
	// Policy is what the files permit beyond those that were applied last.
	Policy []PolicyChange
	// Ceilings are those of the operator's policy that count where more is stated.
	Ceilings []Ceiling
	// Undo is what the plan takes back; nil: it is of the files.
	Undo *Undo
	// Restores are the values that an undo brings back, as files would declare them. They
	// are in no file.
	Restores []Restored
	// Agreed are the holds of undos that are over for some names. It is in no file.
	Agreed []Agreed
	// Baseline is what an apply records of names; nil: nothing. It is in no file.
	Baseline *BaselineUpdate
	// DriftedSince says of changes, by ID, since when others may have changed what they
	// change back.
	DriftedSince map[string]time.Time
}

// Differences ranges over the changes that the files call for: not over those that
// open and close a lock around them.
func (p *Plan) Differences() iter.Seq[*attr.Change] { return p.each(false) }

// Temporary ranges over the changes that open and close a lock around others.
func (p *Plan) Temporary() iter.Seq[*attr.Change] { return p.each(true) }

func (p *Plan) each(temporary bool) iter.Seq[*attr.Change] {
	return func(yield func(*attr.Change) bool) {
		for i := range p.Changes {
			if c := &p.Changes[i]; c.Temporary() == temporary && !yield(c) {
				return
			}
		}
	}
}

// Executed returns the changes that an apply sends at once, those last that open
// and close a lock around others.
func (p *Plan) Executed() []*attr.Change {
	var all []*attr.Change
	for _, some := range []iter.Seq[*attr.Change]{p.Differences(), p.Temporary()} {
		for c := range some {
			if c.Status == attr.Ready {
				all = append(all, c)
			}
		}
	}
	return all
}

// Summary counts what a plan holds.
type Summary struct {
	Names      int                 `json:"names"`               // declared
	Selected   *int                `json:"selected,omitempty"`  // of them, those that were compared; nil: all
	Transfers  int                 `json:"transfers,omitempty"` // names that are to be transferred in, where the plan is of these alone
	Changed    int                 `json:"changed"`             // names with a ready change
	Changes    map[attr.Status]int `json:"changes"`             // by status
	Attributes map[string]int      `json:"attributes"`          // ready changes by attribute
	Edits      int                 `json:"edits,omitempty"`     // changes that an edit of the files calls for
	Drifts     int                 `json:"drifts,omitempty"`    // changes of what somebody else has changed
	Missing    int                 `json:"missing"`
	Unmanaged  int                 `json:"unmanaged"`            // names of the account that no file declares
	Overdue    int                 `json:"overdue,omitempty"`    // changes that have waited for too long
	Standing   int                 `json:"standing,omitempty"`   // declared names of which something was read before the account was
	Oldest     time.Time           `json:"oldest,omitzero"`      // the oldest time of reading of these; UTC
	ReadNow    int                 `json:"read_now,omitempty"`   // where some stand, the others of which something was read beside the lists
	Due        int                 `json:"due,omitempty"`        // names whose readings are due to be read again by their age
	Absent     int                 `json:"absent,omitempty"`     // bare names that the account lacks, and a hold or a transfer says why
	Threatened int                 `json:"threatened,omitempty"` // declared names that another state of theirs threatens
	Endangered int                 `json:"endangered,omitempty"` // names that nothing keeps beyond the date of their alarm
	Unwatched  int                 `json:"unwatched,omitempty"`  // declared names of which somebody else looks after the end
	// Unapproved are the hazards for which changes wait to be approved.
	Unapproved []attr.Hazard `json:"unapproved,omitempty"`
	Seconds    float64       `json:"seconds"` // least time of an apply under the limits
	// Purchases are what the ready changes buy, by attribute.
	Purchases map[string]attr.Cost `json:"purchases,omitempty"`
}

// Severity says whether a diagnostic forbids the plan.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Diagnostic is something to know about a plan as a whole or one name.
type Diagnostic struct {
	Severity Severity     `json:"severity"` // error or warning
	Domain   string       `json:"domain,omitempty"`
	Summary  string       `json:"summary"`
	Detail   string       `json:"detail,omitempty"`
	Source   *attr.Source `json:"source,omitempty"`
	Check    string       `json:"check,omitempty"` // the label of the check block that does not hold
	// Deadline is when what it warns of comes at the latest; zero: there is no such time.
	Deadline time.Time `json:"deadline,omitzero"`
}

// Calls predicts the calls of an apply to one operation.
type Calls struct {
	Operation string  `json:"operation"`
	Calls     int     `json:"calls"`
	Seconds   float64 `json:"seconds"` // under the limits
}

// History is what the journal tells a plan.
type History struct {
	// Declared are the names that were declared at the last apply, sorted. Nil:
	// no apply is known.
	Declared []string
	// InDoubt are changes that were sent and whose outcome is not known, by ID.
	InDoubt map[string]string
	// Ordered are purchases that the service is still working on, by the ID of
	// their change.
	Ordered map[string]string
	// Purchases are the orders that were or may have been executed.
	Purchases []Purchase
	// OwedRelocks are names whose update lock a run opened and did not close.
	OwedRelocks []string
	// Approvals are what persons have said yes to, the oldest first.
	Approvals []ApprovalRecord
	// Pauses are the holds that the state has.
	Pauses []Pause
	// Seen says since when something is known to be live as declared, by the
	// marks of changes ([attr.Change.StartsClock]).
	Seen map[string]time.Time
	// Baseline is what the state knows of names; nil: there is no state.
	Baseline *Baseline
	// Memory is what the journal is.
	Memory Memory
}

// Memory says how much the journal of a plan knows.
type Memory struct {
	// TellsTasks says that the journal tells which of the account's tasks are its
	// own: then those of others are looked at.
	TellsTasks bool
	// Since is when it began to remember all that was done with it; zero: it has
	// recorded nothing yet.
	Since time.Time
	// New says that no apply with it is known.
	New bool
	// Spent is what was stated last of the orders of others; nil: nothing was.
	Spent *Spent
}

// Count returns how many changes have the status.
func (p *Plan) Count(s attr.Status) int { return p.Summary.Changes[s] }

// Converged reports whether an apply would have nothing to do now.
func (p *Plan) Converged() bool {
	return p.Count(attr.Ready) == 0 && len(p.OwedRelocks) == 0 && !p.LoosensPolicy()
}

// Agrees reports whether all names that were compared are as the files declare, or of an
// undo as they were before the run, all that it was asked for.
func (p *Plan) Agrees() bool {
	if p.Undo != nil && len(p.Undo.Left)+len(p.Undo.Stale) > 0 {
		return false
	}
	return !p.Partial && len(p.Changes)+len(p.Missing)+len(p.Failures)+len(p.OwedRelocks)+p.Summary.Absent == 0
}

// Refused reports whether a guard forbids the whole plan.
func (p *Plan) Refused() bool {
	return slices.ContainsFunc(p.Guards, func(g Guard) bool { return g.Refuses && g.StopsAll })
}

// Guarded reports whether a guard refuses some of the plan, or all of it.
func (p *Plan) Guarded() bool {
	return slices.ContainsFunc(p.Guards, func(g Guard) bool { return g.Refuses })
}

// HasErrors reports whether a diagnostic forbids the whole plan.
func (p *Plan) HasErrors() bool {
	return slices.ContainsFunc(p.Diagnostics, func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// Troubled reports whether something is left that an operator must look at:
// blocked changes and declared names that the account lacks. Those that are
// known already do not count; the attribute of a missing name is "".
func (p *Plan) Troubled(known func(domain, attribute string) bool) bool {
	left := p.Departed() // a threat says so
	return slices.ContainsFunc(p.Missing, func(name string) bool { return !known(name, "") && !left[name] }) ||
		p.Count(attr.Blocked) > 0 && slices.ContainsFunc(p.Changes, func(c attr.Change) bool {
			return c.Status == attr.Blocked && !known(c.Domain, c.Attribute)
		})
}
