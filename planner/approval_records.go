package planner

import (
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// An ApprovalRecord is a person's yes to one change, which whoever makes an equal
// one may use, once.
type ApprovalRecord struct {
	Change string // its ID
	Hash   string // what was approved; see [attr.Change.ApprovalHash]
	By     string
	At     time.Time
	Until  time.Time
	Used   bool
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
// changes that it makes or announces, and for those that it defers, which are
// made when their time comes. What has no hazard needs no approval; nor does what
// is done already. What the operator's policy forbids nobody can approve, and what
// --limit or --target left out of the plan nobody was asked about.
func (p *Plan) ToRecord(a *Approval, files *config.Portfolio, by string, at time.Time, done []string) (all []ApprovalRecord) {
	made := make(map[string]bool, len(done))
	for _, id := range done {
		made[id] = true
	}
	for c := range p.Differences() {
		if !needsApproval(c) || !a.approves(c) || made[c.ID] || WhyForbidden(files, c) != "" {
			continue
		}
		until := at.Add(approvalLife)
		if d := files.Domain(c.Domain); d != nil && d.Settings.DSHold+approvalMargin > approvalLife {
			until = at.Add(d.Settings.DSHold + approvalMargin)
		}
		until, _ = lastsUntil(files.Operator, at, until)
		all = append(all, ApprovalRecord{Change: c.ID, Hash: c.ApprovalHash(), By: by, At: at, Until: until})
	}
	return all
}

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
		r.Until, r.endedBy = lastsUntil(in.Portfolio.Operator, x.At, x.Until)
		records[x.Change] = append(records[x.Change], r)
	}
	return records
}

// of returns the record that lets a change be made, or why the last one does not,
// as the rest of a sentence; "" where there is none.
func (r approvalRecords) of(c *attr.Change, now time.Time) (_ *ApprovalRecord, why string) {
	records := r[c.ID]
	if len(records) == 0 {
		return nil, ""
	}
	hash := c.ApprovalHash()
	for i := range slices.Backward(records) {
		x := &records[i]
		if x.Hash == hash && !x.Used && x.Until.After(now) {
			return &x.ApprovalRecord, ""
		}
	}
	last := records[len(records)-1]
	said := fmt.Sprintf("; the approval by %s of %s ", last.By, attr.Date(last.At))
	switch {
	case last.Hash != hash:
		return nil, said + "was for another change of it"
	case last.Used:
		return nil, said + "was used"
	}
	if said += "ended on " + attr.Date(last.Until); last.endedBy != "" {
		said += ", by the operator's policy (" + last.endedBy + ")"
	}
	return nil, said
}

// approvedBy says which changes a person has approved.
func (p *Plan) approvedBy(in Input) {
	p.Approved = nil
	records := recordsByChange(&in)
	if len(records) == 0 {
		return
	}
	for c := range p.Differences() {
		if !needsApproval(c) {
			continue
		}
		record, _ := records.of(c, in.Live.ReadAt)
		if record == nil {
			continue
		}
		i := slices.IndexFunc(p.Approved, func(x Approved) bool { return x.By == record.By && x.Until.Equal(record.Until) })
		if i < 0 {
			i = len(p.Approved)
			p.Approved = append(p.Approved, Approved{By: record.By, Until: record.Until.UTC()})
		}
		p.Approved[i].Changes = append(p.Approved[i].Changes, c.ID)
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
