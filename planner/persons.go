package planner

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A PersonRule says how many different persons have to approve changes, by their hazard,
// and who is a person. It lies in the state of each account of a fleet.
type PersonRule struct {
	Persons map[attr.Hazard]int `json:"persons,omitempty"`
	// People are those whose word counts; none: whoever says a name.
	People []RulePerson `json:"people,omitempty"`
}

// A RulePerson is somebody whose word counts, however they are called where they say it.
type RulePerson struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

// needs is how many persons have to approve a hazard; 0: the rule says nothing of it.
func (r *PersonRule) needs(h attr.Hazard) int {
	if r == nil {
		return 0
	}
	return r.Persons[h]
}

// Person is who goes by a name or an alias; "": nobody whose word counts.
func (r *PersonRule) Person(by string) string {
	if r == nil || len(r.People) == 0 {
		return by
	}
	for _, p := range r.People {
		if strings.EqualFold(p.Name, by) || slices.ContainsFunc(p.Aliases, func(alias string) bool { return strings.EqualFold(alias, by) }) {
			return p.Name
		}
	}
	return ""
}

// Awaiting is a change that persons have to approve, and what they have said of it.
type Awaiting struct {
	Change   string      `json:"change"` // its ID
	Hazard   attr.Hazard `json:"hazard"`
	Needed   int         `json:"needed"` // persons
	Approved []Yes       `json:"approved,omitempty"`
	Rejected *No         `json:"rejected,omitempty"`
	Days     int         `json:"days,omitempty"` // for how many a yes counts; 0: 14
	// Made says that it is made all the same: somebody breaks the glass.
	Made bool `json:"made,omitempty"`
}

// Yes is one person's approval of a change.
type Yes struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"`
}

// No is one person's rejection of a change.
type No struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// RejectionShown is for how long it is said of a change that it was rejected.
const RejectionShown = 14 * 24 * time.Hour

// enough reports whether as many persons have said yes as have to.
func (w *Awaiting) enough() bool { return len(w.Approved) >= w.Needed }

// approve adds a person's yes. A second one of the same person counts once, and until
// the later end.
func (w *Awaiting) approve(yes Yes) {
	w.Rejected = nil
	i := slices.IndexFunc(w.Approved, func(x Yes) bool { return x.By == yes.By })
	if i < 0 {
		w.Approved = append(w.Approved, yes)
	} else if yes.Until.After(w.Approved[i].Until) {
		w.Approved[i] = yes
	}
}

// String says how many persons have said yes, and who: "1 of 2 persons: ada, until
// 2026-12-14".
func (w *Awaiting) String() string {
	text := fmt.Sprintf("%d of %s", len(w.Approved), words.Count(w.Needed, "person"))
	for i, yes := range w.Approved {
		between := "; "
		if i == 0 {
			between = ": "
		}
		text += between + yes.By + ", until " + attr.Date(yes.Until)
	}
	return text
}

// rule is that of an approval; nil: there is none.
func (a *Approval) rule() *PersonRule {
	if a == nil {
		return nil
	}
	return a.Rule
}

// enough reports whether a change that persons are asked about may be made: they have
// said yes, or who is present would be the last of them. What was rejected, or left to
// persons by a saved plan, takes a yes of its own, and not one to a whole plan.
func (a *Approval) enough(said Awaiting) bool {
	if person := a.Rule.Person(a.Present); a.Present != "" && person != "" && a.covers(said.Hazard) && said.Rejected == nil && !a.left[said.Change] {
		said.Approved = slices.Clone(said.Approved)
		said.approve(Yes{By: person})
	}
	return said.enough()
}

// SaidOf returns what persons have said of changes until now, by the records of what
// they said, the oldest first.
func (r *PersonRule) SaidOf(changes []*attr.Change, records []ApprovalRecord, now time.Time) []Awaiting {
	byChange := countedByChange(records)
	all := make([]Awaiting, len(changes))
	for i, c := range changes {
		all[i] = r.said(c, byChange[c.ID], now)
	}
	return all
}

func countedByChange(records []ApprovalRecord) approvalRecords {
	byChange := make(approvalRecords)
	for _, x := range records {
		byChange[x.Change] = append(byChange[x.Change], countedApproval{ApprovalRecord: x})
	}
	return byChange
}

// WaitsForPersons reports whether a change is made as soon as persons have approved it.
func WaitsForPersons(c *attr.Change) bool {
	return c.Hazard != attr.None && (c.Status == attr.Unapproved || lacksPersons(c))
}

// Decidable ranges over the changes of a plan that persons can decide on: those that wait
// for them, and those that have a hazard and are made, or will be when their time comes.
func (p *Plan) Decidable() iter.Seq[*attr.Change] {
	return func(yield func(*attr.Change) bool) {
		for c := range p.Differences() {
			if (WaitsForPersons(c) || needsApproval(c)) && !yield(c) {
				return
			}
		}
	}
}

// ApprovalLife is how long a person's yes to a change of the plan can be used at most.
func (p *Plan) ApprovalLife(c *attr.Change) time.Duration {
	for i := range p.Awaiting {
		if w := &p.Awaiting[i]; w.Change == c.ID && w.Days > 0 {
			return time.Duration(w.Days) * 24 * time.Hour
		}
	}
	return approvalLife
}

// RejectedUntil is for how long a no has to be remembered: longer than each yes before it
// that it ends.
func RejectedUntil(no *ApprovalRecord, before []ApprovalRecord) time.Time {
	until := no.At.Add(RejectionShown)
	for i := range before {
		if x := &before[i]; x.Change == no.Change && x.Hash == no.Hash && x.Until.After(until) {
			until = x.Until
		}
	}
	return until
}

func (r *PersonRule) said(c *attr.Change, records []countedApproval, now time.Time) Awaiting {
	w := Awaiting{Change: c.ID, Hazard: c.Hazard, Needed: max(r.needs(c.Hazard), 1)}
	if len(records) > 0 {
		r.count(&w, c.ApprovalHash(), records, now)
	}
	return w
}

// count adds what records, the oldest first, say of a change with a hash.
func (r *PersonRule) count(w *Awaiting, hash string, records []countedApproval, now time.Time) {
	for i := range records {
		x := &records[i]
		person := r.Person(x.By)
		switch {
		case x.Change != w.Change || x.Hash != hash || x.Used || !x.Until.After(now):
		case x.Rejected:
			w.Approved, w.Rejected = nil, &No{By: x.By, At: x.At.UTC(), Reason: x.Reason}
		case person != "":
			w.approve(Yes{By: person, Until: x.Until.UTC()})
		}
	}
	if w.Rejected != nil && now.Sub(w.Rejected.At) >= RejectionShown {
		w.Rejected = nil
	}
}

// NotRejected returns those of the records of a yes to a whole plan whose change nobody
// has rejected, by what was said before: what was rejected takes a yes of its own.
func (r *PersonRule) NotRejected(yes, before []ApprovalRecord, now time.Time) []ApprovalRecord {
	said := countedByChange(before)
	return slices.DeleteFunc(yes, func(x ApprovalRecord) bool {
		w := Awaiting{Change: x.Change}
		r.count(&w, x.Hash, said[x.Change], now)
		return w.Rejected != nil
	})
}

// said returns what persons have said of a change.
func (r approvalRecords) said(c *attr.Change, rule *PersonRule, now time.Time) Awaiting {
	return rule.said(c, r[c.ID], now)
}

// why says why a change is not approved, as the rest of a sentence; "" where nobody has
// said anything of it.
func (r approvalRecords) why(c *attr.Change, a *Approval, said Awaiting, now time.Time) (text string) {
	if a.asksPersons(c.Hazard) {
		text = ": " + said.String()
	}
	switch no := said.Rejected; {
	case no != nil:
		text += fmt.Sprintf("; rejected by %s on %s", no.By, attr.Date(no.At))
		if no.Reason != "" {
			text += ": " + no.Reason
		}
	case len(said.Approved) == 0:
		text += r.lastOf(c, now)
	}
	return text
}

// warnRejected tells which changes are to be made that somebody has rejected: nobody who
// is asked about the plan should say yes without having read it. Of those that wait the
// reason says so.
func (p *Plan) warnRejected(in Input) {
	records := recordsByChange(&in)
	if records == nil {
		return
	}
	for c := range p.Differences() {
		if !c.Planned() || c.Hazard == attr.None {
			continue
		}
		no := records.said(c, in.Approval.rule(), in.Live.ReadAt).Rejected
		if no == nil {
			continue
		}
		why := "."
		if no.Reason != "" {
			why = ": " + no.Reason + "."
		}
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Domain: c.Domain, Summary: "A person has rejected it",
			Detail: fmt.Sprintf("%s: rejected by %s on %s%s An apply of the plan makes it all the same.", c.ID, no.By, attr.Date(no.At), why),
		})
	}
}

// lastOf says why the last approval of a change does not count, as the rest of a
// sentence; "" where there is none.
func (r approvalRecords) lastOf(c *attr.Change, now time.Time) string {
	records := slices.DeleteFunc(slices.Clone(r[c.ID]), func(x countedApproval) bool { return x.Rejected })
	if len(records) == 0 {
		return ""
	}
	last := records[len(records)-1]
	said := fmt.Sprintf("; the approval by %s of %s ", last.By, attr.Date(last.At))
	switch {
	case last.Hash != c.ApprovalHash():
		return said + "was for another change of it"
	case last.Used:
		return said + "was used"
	case last.Until.After(now):
		return said + "does not count" // a rejection that is not shown any more, or no person of the fleet
	}
	if said += "ended on " + attr.Date(last.Until); last.endedBy != "" {
		said += ", by the operator's policy (" + last.endedBy + ")"
	}
	return said
}

// Loosens reports whether the rule lets pass what another one does not, whatever it asks
// more of: a hazard needs fewer persons, or somebody else is a person.
func (r *PersonRule) Loosens(from *PersonRule) bool {
	for h, n := range from.Persons {
		if r.Persons[h] < n {
			return true
		}
	}
	if len(from.Persons) == 0 {
		return false
	}
	return len(r.People) == 0 && len(from.People) > 0 || slices.ContainsFunc(r.People, func(p RulePerson) bool {
		return !slices.ContainsFunc(from.People, func(was RulePerson) bool { return was.Name == p.Name && slices.Equal(was.Aliases, p.Aliases) })
	})
}

// String says how many persons each hazard needs, and who they are.
func (r *PersonRule) String() string {
	var parts []string
	for _, h := range attr.Hazards() {
		if n := r.Persons[h]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", h, n))
		}
	}
	if len(parts) == 0 {
		return "nothing needs a person"
	}
	text := strings.Join(parts, ", ")
	for i, p := range r.People {
		between := ", "
		if i == 0 {
			between = "; persons: "
		}
		text += between + p.Name
	}
	return text
}
