package job

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// Severity says how soon somebody has to look at a condition.
type Severity = planner.ThreatSeverity

// The severities, from the one that says most.
const (
	Page   = planner.Page     // it wakes somebody
	Ticket = planner.Ticket   // somebody has to see to it
	Notice = planner.Notice   // to be told
	Known  = planner.Accepted // somebody has said that it is meant: it is accepted, or held
)

// Severities returns all, from the one that says most.
func Severities() []Severity { return []Severity{Page, Ticket, Notice, Known} }

// Condition is something that a person has to know of after a run. Exit codes, reports,
// metrics and notices are views of the conditions of a run. Its ID is that of a
// [ConditionKind].
type Condition = planner.Condition

// ConditionKind is what all conditions of one kind have.
type ConditionKind struct {
	ID       string
	Severity Severity // the least where it depends on a date
	Summary  string
	Makes    Reason // where nobody has accepted it
}

// The kinds of conditions, apart from the threats.
const (
	kindInterrupted = "interrupted"
	kindInDoubt     = "in_doubt"
	kindOpenTask    = "open_task"
	kindLockOpen    = "lock_open"
	kindOrderFailed = "order_failed"
	kindFailed      = "failed"
	kindNotSent     = "not_sent"
	kindStale       = "stale"
	kindNotBack     = "not_taken_back"
	kindDiffers     = "differs"
	kindTrouble     = "trouble"
	kindBlocked     = "blocked"
	kindMissing     = "missing"
	kindUnknown     = "unknown"
	kindOverdue     = "overdue"
	kindDrift       = "drift"
	kindGuard       = "guard_refused"
	kindPolicy      = "policy_refused"
	kindPersons     = "persons_needed"
	kindBrokenGlass = "broken_glass"
	kindCeiling     = "policy_ceiling"
	kindMoneyShort  = "money_short"
	kindPlanError   = "plan_error"
	kindCheck       = "check_failed"
	kindCheckWarns  = "check_warns"
	kindUnapproved  = "unapproved"
	kindPending     = "pending"
	kindHeld        = "held"
	kindUndelivered = "undelivered"
	kindUnseen      = "expiries_unknown"
)

// conditionKinds is the table of the kinds, apart from the threats.
var conditionKinds = []ConditionKind{
	{kindInDoubt, Page, "In doubt", Open},
	{kindLockOpen, Page, "The update lock was left open", Failed},
	{kindOrderFailed, Page, "An order failed", Failed},
	{kindBrokenGlass, Page, "Made without the persons of the fleet", ""},
	{kindInterrupted, Ticket, "The run was interrupted", Open},
	{kindOpenTask, Ticket, "Tasks are without all results", Open},
	{kindFailed, Ticket, "A change failed", Failed},
	{kindNotSent, Ticket, "A change was not sent", Failed},
	{kindStale, Ticket, "A planned change no longer holds", Failed},
	{kindNotBack, Ticket, "Not taken back", Failed},
	{kindDiffers, Ticket, "The account shows something else", Failed},
	{kindTrouble, Ticket, "The run had trouble", Failed},
	{kindBlocked, Ticket, "Blocked", Failed},
	{kindMissing, Ticket, "Missing in the account", Failed},
	{kindUnknown, Ticket, "Could not be read", Failed},
	{kindOverdue, Ticket, "Overdue", Failed},
	{kindGuard, Ticket, "Refused by a guard", Guarded},
	{kindPolicy, Ticket, "The operator's policy forbids it", Guarded},
	{kindPersons, Ticket, "Too few persons have approved it", Guarded},
	{kindPlanError, Ticket, "The plan has an error", Impossible},
	{kindCheck, Ticket, "A check does not hold", Impossible},
	{kindCheckWarns, Notice, "A check warns", ""},
	{kindMoneyShort, Notice, "The budget falls short", ""},
	{kindDrift, Ticket, "Changed by somebody else", ""},
	{kindUndelivered, Ticket, "A notice was not delivered", Failed},
	{kindUnapproved, Notice, "Not approved", Unapproved},
	{kindCeiling, Notice, "The operator's policy permits less", ""},
	{kindPending, Notice, "The plan has changes", Pending},
	{kindUnseen, Notice, "It is not known which names expire", ""},
	{kindHeld, Known, "Held", ""},
}

// kindsByStatus are the kinds of the changes of a plan that have a status.
var kindsByStatus = map[attr.Status]string{
	attr.InDoubt: kindInDoubt, attr.Blocked: kindBlocked, attr.Unknown: kindUnknown, attr.Unapproved: kindUnapproved, attr.Held: kindHeld,
}

// kindsByResult are the kinds of the changes of a report that ended so.
var kindsByResult = map[executor.ChangeResult]string{
	executor.InDoubt: kindInDoubt, executor.Failed: kindFailed, executor.NotSent: kindNotSent, executor.Stale: kindStale, executor.Differs: kindDiffers,
}

// ConditionKinds returns all kinds of conditions, the threats after the others.
func ConditionKinds() []ConditionKind {
	kinds := slices.Clone(conditionKinds)
	for _, t := range planner.ThreatKinds() {
		severity, _, _ := strings.Cut(t.Severity, ",")
		kinds = append(kinds, ConditionKind{t.ID, Severity(severity), t.Summary, Failed})
	}
	return kinds
}

// conditions collects the conditions of a run.
type conditions struct {
	all []Condition
	// made has the IDs of the drifts that the run has changed back.
	made map[string]bool
}

// add adds a condition.
func (s *conditions) add(id, domain, attribute, reason string) *Condition {
	k := kindOf(id)
	s.all = append(s.all, Condition{ID: id, Domain: domain, Attribute: attribute, Severity: k.Severity, Summary: k.Summary, Reason: reason, Makes: k.Makes})
	return &s.all[len(s.all)-1]
}

// kindOf returns the kind with an ID, which is not a threat.
func kindOf(id string) ConditionKind {
	return conditionKinds[slices.IndexFunc(conditionKinds, func(k ConditionKind) bool { return k.ID == id })]
}

// conditionsOf returns the conditions of a run with this result, the severest first.
// Files, which may be nil, tell what labels their names have.
func conditionsOf(r *Result, a *appraisal, files *config.Portfolio) []Condition {
	s := &conditions{made: make(map[string]bool)}
	s.addUnfinished(r.Settled)
	if r.Settled != nil {
		s.addUnlocked(r.Settled.Unlocked)
	}
	if r.Report != nil {
		s.addUnfinished(r.Report)
		s.addReport(r.Report)
	}
	for _, b := range r.BrokenGlass { // each is told for itself, also where an earlier one is known
		s.add(kindBrokenGlass, "", b.At.UTC().Format(time.RFC3339), brokenGlassReason(&b))
	}
	if r.Plan != nil {
		s.addThreats(r.threatsLeft())
		s.addPlan(r.Plan)
		if r.Report == nil { // else the run has closed them, or its report says so
			s.addUnlocked(r.Plan.OwedRelocks)
		}
		if r.Operation == Planning && !r.Plan.Converged() {
			s.add(kindPending, "", "", "An apply would change something.")
		}
	}
	if r.LastKnown != nil {
		s.addThreats(r.LastKnown.Threats)
		if text := r.LastKnown.String(); text != "" {
			s.add(kindUnseen, "", "", text)
		}
	}
	for _, p := range r.Follow {
		s.addPlan(p)
	}
	for _, x := range r.Stale {
		s.addStale(x)
	}
	for i := range s.all {
		switch c := &s.all[i]; {
		case r.Operation == Abandoning && c.Makes == Open:
			c.Makes = Failed // nothing of it is open any more: what it leaves is for a person
		case r.Operation == Relocking && (c.Makes == Open || c.ID == kindNotSent):
			c.Makes = "" // it was not to be done: the run that was interrupted stays open
		}
	}
	all := planner.JoinConditions(s.all)
	for i := range all {
		addSettings(&all[i], files)
		a.appraise(&all[i])
	}
	planner.SortConditions(all)
	return all
}

// addSettings adds what files call the name of a condition by.
func addSettings(c *Condition, files *config.Portfolio) {
	s := planner.NameSettingsOf(files, c.Domain)
	c.Labels, c.Critical = s.Labels, s.Critical
}

// addUnfinished adds what of a report must be resumed.
func (s *conditions) addUnfinished(r *executor.Report) {
	if r == nil {
		return
	}
	if r.Interrupted {
		s.add(kindInterrupted, "", "", "It was asked to stop. The next apply settles what it left, and resume goes on with it.")
	}
	if len(r.OpenTasks) > 0 {
		s.add(kindOpenTask, "", "", "Tasks "+strings.Join(r.OpenTasks, ", ")+". Resume and the next apply look at them again.")
	}
	if r.Counts[string(executor.InDoubt)] == 0 {
		return
	}
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Result == executor.InDoubt {
			s.add(kindInDoubt, c.Domain, c.Attribute, cmp.Or(c.Message, "It was sent, and nobody knows what became of it."))
		}
	}
}

// addReport adds what did not come out as planned.
func (s *conditions) addReport(r *executor.Report) {
	s.addUnlocked(r.Unlocked)
	for _, text := range r.Trouble {
		s.add(kindTrouble, "", "", text)
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		if c.Origin == attr.Drift && (c.Result == executor.Verified || c.Result == executor.Done) {
			s.made[c.ID] = true
		}
		kind, ok := kindsByResult[c.Result]
		if !ok || kind == kindInDoubt {
			continue
		}
		if a := attr.Lookup(c.Attribute); kind == kindFailed && a != nil && a.Hazard == attr.Money {
			kind = kindOrderFailed
		}
		s.add(kind, c.Domain, c.Attribute, resultReason(c))
	}
}

// resultReason says why a change did not end as planned.
func resultReason(c *executor.ChangeReport) string {
	reason := c.Message
	if c.Code != "" {
		reason = strings.TrimSuffix(c.Code+": "+c.Message, ": ")
	}
	return cmp.Or(reason, "Nothing says why.")
}

func (s *conditions) addUnlocked(names []string) {
	for _, name := range names {
		s.add(kindLockOpen, name, "", "A run opened it and did not close it. The next apply closes it.")
	}
}

// addPlan adds what a plan alone says.
func (s *conditions) addPlan(p *planner.Plan) {
	left := p.Departed() // a threat says so
	for _, name := range p.Missing {
		if !left[name] {
			s.add(kindMissing, name, "", "The files declare the name, and the account does not hold it.")
		}
	}
	for i := range p.Failures {
		s.add(kindUnknown, p.Failures[i].Domain, "", p.Failures[i].String())
	}
	for i := range p.Changes {
		s.addChange(&p.Changes[i])
	}
	s.addNotBack(p.Undo)
	s.addPolicy(p)
	for _, o := range p.Overdue {
		c := s.add(kindOverdue, o.Domain, o.Attribute, o.Reason())
		c.Since, c.Deadline = o.Since, o.Limit
	}
	if x := p.Shortfall; x != nil {
		c := s.add(kindMoneyShort, "", "", "In "+x.Month.Format("2006-01")+". "+x.String())
		if c.Severity, c.Deadline = x.Severity, x.Alarm; x.Severity != Notice {
			c.Makes = Failed
		}
	}
	for _, g := range p.Guards {
		if g.Refuses {
			s.add(kindGuard, "", g.Name, guardReason(&g))
		}
	}
	s.addChecks(p)
	for _, d := range p.Diagnostics {
		if d.Severity == planner.SeverityError && d.Check == "" {
			s.add(kindPlanError, d.Domain, "", strings.TrimSuffix(d.Summary+": "+d.Detail, ": "))
		}
	}
}

// addChecks adds which checks do not hold of a plan. One that is an error refuses it.
func (s *conditions) addChecks(p *planner.Plan) {
	for i := range p.Checks {
		f := &p.Checks[i]
		kind := kindCheck
		if f.Severity == config.CheckWarning {
			kind = kindCheckWarns
		}
		s.add(kind, "", f.Check, f.Detail())
	}
}

// addPolicy adds what the files permit, and does not count.
func (s *conditions) addPolicy(p *planner.Plan) {
	for i := range p.Policy {
		c, kind := &p.Policy[i], kindUnapproved
		switch c.Status {
		case attr.Ready:
			continue
		case attr.Refused:
			kind = kindPolicy
		default:
		}
		s.add(kind, "", c.Setting, fmt.Sprintf("The files permit %s now, and %s at the last apply, which goes on: %s.", c.After, c.Before, c.Reason))
	}
	for _, c := range p.Ceilings {
		s.add(kindCeiling, "", c.Setting, fmt.Sprintf("%s is stated, and %s counts (%s).", c.Stated, c.Most, c.Policy))
	}
}

// addThreats adds threats to names.
func (s *conditions) addThreats(all []planner.Threat) {
	for _, t := range all {
		c := Condition{ID: t.ID, Domain: t.Domain, Severity: t.Severity, Summary: t.Summary, Reason: t.Sentence, Deadline: t.Deadline}
		if c.Severity == Page || c.Severity == Ticket {
			c.Makes = Failed
		}
		s.all = append(s.all, c)
	}
}

// addChange adds what the plan says of a change that an apply does not make.
func (s *conditions) addChange(c *attr.Change) {
	if c.Origin == attr.Drift && !s.made[c.ID] { // else it was changed back
		s.add(kindDrift, c.Domain, c.Attribute, driftReason(c))
	}
	if kind, ok := kindsByStatus[c.Status]; ok {
		s.add(kind, c.Domain, c.Attribute, c.Reason)
	} else if c.Cause == attr.PolicyCause {
		s.add(kindPolicy, c.Domain, c.Attribute, c.Reason)
	} else if c.Cause == attr.PersonsCause {
		s.add(kindPersons, c.Domain, c.Attribute, c.Reason)
	}
}

// driftReason says who has changed what has drifted, as far as the change log tells.
func driftReason(c *attr.Change) string {
	if c.Logged == nil {
		return "The files have not changed since it was as they declare."
	}
	return c.Logged.InWords()
}

// addStale adds a change of a saved plan that no longer holds.
func (s *conditions) addStale(x planner.Stale) {
	s.add(kindStale, x.Domain, attributeIn(x.ID, x.Domain), x.Reason)
}

// addNotBack adds what an undo, nil where there is none, cannot take back: whoever asked
// for that has to see to it otherwise.
func (s *conditions) addNotBack(u *planner.Undo) {
	if u == nil {
		return
	}
	for _, l := range u.Left {
		s.add(kindNotBack, l.Domain, attributeIn(l.ID, l.Domain), l.Reason)
	}
}

// attributeIn returns the attribute in the ID of a change of a name.
func attributeIn(id, domain string) string {
	attribute, _, _ := strings.Cut(strings.TrimPrefix(id, domain+"/"), "/")
	return attribute
}

// reasonsOf returns why a run with these conditions did not end well, the one that
// says most first.
func reasonsOf(all []Condition) []Reason {
	has := make(map[Reason]bool)
	for i := range all {
		has[all[i].Makes] = true
	}
	return slices.DeleteFunc(slices.Clone(allReasons), func(x Reason) bool { return !has[x] })
}

// guardReason says what a guard counts, and of which names.
func guardReason(g *planner.Guard) string {
	reason := fmt.Sprintf("It counts %d, more than its limit of %d", g.Value, g.Limit)
	switch more := g.Counted - len(g.Names); {
	case len(g.Names) > 0 && more > 0:
		reason += fmt.Sprintf(": %s, and %d more", strings.Join(g.Names, ", "), more)
	case len(g.Names) > 0:
		reason += ": " + strings.Join(g.Names, ", ")
	}
	return strings.TrimSuffix(strings.Join([]string{reason, g.Unseen}, "; "), "; ") + "."
}
