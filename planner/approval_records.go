package planner

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// An ApprovalRecord is what a person has said of one change: a yes, which whoever makes
// an equal one may use, once, or a no, which ends each yes before it.
type ApprovalRecord struct {
	Change string // its ID
	Hash   string // what was approved; see [attr.Change.ApprovalHash]
	By     string
	At     time.Time
	Until  time.Time
	Used   bool
	// Rejected says that it is a no, and Reason why; "": they did not say.
	Rejected bool
	Reason   string
}

// Approved is what one person has approved until a time.
type Approved struct {
	By      string    `json:"by"`
	Until   time.Time `json:"until"`
	Changes []string  `json:"changes"` // their IDs
}

const (
	// approvalLife is how long a person's approval can be used at least.
	approvalLife = 14 * 24 * time.Hour
	// approvalMargin is how long it can be used beyond the hold time of the name's
	// DS records, which the change may have to wait for.
	approvalMargin = 7 * 24 * time.Hour
)

// ToRecord returns what is recorded when a person says yes to the plan: for the
// changes that it makes or announces, for those that it defers, which are made when
// their time comes, and for those that lack other persons. What has no hazard needs no
// approval; nor does what is done already. What the operator's policy forbids nobody can
// approve, and what --limit or --target left out of the plan nobody was asked about.
func (p *Plan) ToRecord(a *Approval, files *config.Portfolio, by string, at time.Time, done []string) (all []ApprovalRecord) {
	made := make(map[string]bool, len(done))
	for _, id := range done {
		made[id] = true
	}
	for c := range p.Differences() {
		if !needsApproval(c) && !lacksPersons(c) || !a.covers(c.Hazard) && !a.hasAnnounced(c) || made[c.ID] || WhyForbidden(files, c) != "" {
			continue
		}
		until, _ := lastsUntil(files.Operator, at, at.Add(ApprovalLife(files, c)))
		all = append(all, ApprovalRecord{Change: c.ID, Hash: c.ApprovalHash(), By: by, At: at, Until: until})
	}
	return all
}

// ApprovalLife is how long a person's yes to a change can be used, as far as the files
// say; nil are none.
func ApprovalLife(files *config.Portfolio, c *attr.Change) time.Duration {
	if files == nil {
		return approvalLife
	}
	if d := files.Domain(c.Domain); d != nil {
		return max(approvalLife, d.Settings.DSHold+approvalMargin)
	}
	return approvalLife
}

// lacksPersons reports whether a change is left out for the persons that it needs.
func lacksPersons(c *attr.Change) bool { return c.Cause == attr.PersonsCause }

// needsApproval reports whether a change is to be made, now or when its time
// comes, and has a hazard. What is left out by --limit or --target waits for no time:
// whoever tries a change on ten names has not said yes to the rest.
func needsApproval(c *attr.Change) bool {
	leftOut := c.Cause == attr.LimitCause || c.Cause == attr.TargetCause
	return (c.Planned() || c.Status == attr.Deferred && !leftOut) && c.Hazard != attr.None
}

// approvalRecords are those of each change, by its ID, the oldest first.
type approvalRecords map[string][]countedApproval

// countedApproval is a record as far as it counts.
type countedApproval struct {
	ApprovalRecord
	endedBy string // where the operator's policy ends it before its time; "": it does not
}

func recordsByChange(in *Input) approvalRecords {
	if len(in.History.Approvals) == 0 {
		return nil
	}
	records := make(approvalRecords)
	for _, x := range in.History.Approvals {
		r := countedApproval{ApprovalRecord: x}
		if !x.Rejected { // a no must not end before what it ends
			r.Until, r.endedBy = lastsUntil(in.Portfolio.Operator, x.At, x.Until)
		}
		records[x.Change] = append(records[x.Change], r)
	}
	return records
}

// approvedBy says which changes persons have approved, and of which some still have to.
func (p *Plan) approvedBy(in Input) {
	p.Approved, p.Awaiting = nil, nil
	records := recordsByChange(&in)
	for c := range p.Differences() {
		if !needsApproval(c) && c.Status != attr.Unapproved && !lacksPersons(c) {
			continue
		}
		said := records.said(c, in.Approval.rule(), in.Live.ReadAt)
		if in.Approval.awaits(c, &said) {
			if life := ApprovalLife(in.Portfolio, c); life > approvalLife {
				said.Days = int(life.Hours() / 24)
			}
			p.Awaiting = append(p.Awaiting, said)
			continue
		}
		if needsApproval(c) && said.enough() {
			p.addApproved(&said)
		}
	}
}

// awaits reports whether persons still have to say yes to a change, or should have.
func (a *Approval) awaits(c *attr.Change, said *Awaiting) bool {
	if a == nil {
		return false
	}
	if c.Planned() {
		said.Made = a.BreaksGlass && a.Rule.needs(c.Hazard) > 0 && !said.enough()
		return said.Made
	}
	return (lacksPersons(c) || c.Status == attr.Unapproved && !a.approves(c)) && !a.enough(*said)
}

// addApproved adds what persons have approved.
func (p *Plan) addApproved(said *Awaiting) {
	for _, yes := range said.Approved {
		i := slices.IndexFunc(p.Approved, func(x Approved) bool { return x.By == yes.By && x.Until.Equal(yes.Until) })
		if i < 0 {
			i = len(p.Approved)
			p.Approved = append(p.Approved, Approved{By: yes.By, Until: yes.Until})
		}
		p.Approved[i].Changes = append(p.Approved[i].Changes, said.Change)
	}
}

// Unasked returns the changes that are to be made, have a hazard and are approved
// by no person.
func (p *Plan) Unasked() (all []*attr.Change) {
	said := make(map[string]bool)
	for _, x := range p.Approved {
		for _, id := range x.Changes {
			said[id] = true
		}
	}
	for c := range p.Differences() {
		if c.Planned() && c.Hazard != attr.None && !said[c.ID] {
			all = append(all, c)
		}
	}
	return all
}
