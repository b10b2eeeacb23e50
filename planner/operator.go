package planner

import (
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A Ceiling of the operator's policy counts where the files, or the command line, state
// more.
type Ceiling struct {
	Setting string `json:"setting"` // such as guard.max_delegations
	Stated  string `json:"stated"`
	Most    string `json:"most"` // what counts
	// Source is where the files state it; nil: the command line does.
	Source *attr.Source `json:"source,omitempty"`
	Policy attr.Source  `json:"policy"` // where the policy says what counts
}

// forbid refuses a change whose hazard the operator's policy permits nobody to approve,
// and a purchase that may cost more than it permits.
func (d *differ) forbid(c *attr.Change) {
	if why := WhyForbidden(d.Portfolio, c); why != "" && c.Planned() {
		c.BlockFor(attr.PolicyCause, attr.Refused, "%s", why)
		d.reordered = true
	}
}

// forbidName does so for the changes of a name, and holds back those that would be in
// their way, as [differ.approveName] does.
func (d *differ) forbidName(s *subject) {
	if d.Portfolio.Operator == nil {
		return
	}
	for i := range s.changes {
		d.forbid(&s.changes[i])
	}
	holdBackByLock(s)
}

// WhyForbidden returns why the operator's policy lets nobody make a change, "" where it
// does. What is opened for a change and closed again goes with that.
func WhyForbidden(p *config.Portfolio, c *attr.Change) string {
	if p.Operator == nil || c.Temporary() {
		return ""
	}
	if why := p.Operator.WhyForbidden(c.Hazard); why != "" || c.Cost == nil {
		return why
	}
	return p.Operator.WhyTooDear(c.Domain, c.Cost, attr.Lookup(c.Attribute).PriceOf)
}

// AddCeilings adds ceilings that count, and tells them.
func (p *Plan) AddCeilings(all []config.Ceiling) {
	for _, x := range all {
		c := Ceiling{Setting: x.Setting, Stated: x.Stated, Most: x.Most, Policy: attr.Source{File: x.Policy.Filename, Line: x.Policy.Start.Line}}
		where := "on the command line"
		if x.Source != nil {
			c.Source = &attr.Source{File: x.Source.Filename, Line: x.Source.Start.Line}
			where = "at " + c.Source.String()
		}
		then := "which counts"
		if x.OfPrice {
			then = "so that what costs more is not bought"
		}
		p.Ceilings = append(p.Ceilings, c)
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Source: c.Source, Summary: "The operator's policy permits less: " + c.Setting,
			Detail: fmt.Sprintf("%s is stated as %s %s, and the policy permits %s (%s), %s.", c.Setting, c.Stated, where, c.Most, c.Policy, then),
		})
	}
}

// lastsUntil returns until when an approval counts, and where the operator's policy ends
// it before its time, "" where it does not.
func lastsUntil(o *config.OperatorPolicy, at, until time.Time) (_ time.Time, by string) {
	if o == nil || o.ApprovalAge == 0 || !at.Add(o.ApprovalAge).Before(until) {
		return until, ""
	}
	return at.Add(o.ApprovalAge), o.Place("approval.max_age")
}

// UnderPolicy returns records of what persons have said, with each yes ending when the
// operator's policy, nil is none, ends it. A no must not end before what it ends.
func UnderPolicy(o *config.OperatorPolicy, records []ApprovalRecord) []ApprovalRecord {
	under := slices.Clone(records)
	for i := range under {
		if x := &under[i]; !x.Rejected {
			x.Until, _ = lastsUntil(o, x.At, x.Until)
		}
	}
	return under
}

// CheckPolicy refuses a saved plan that is older than the operator permits.
func (p *Plan) CheckPolicy(o *config.OperatorPolicy, now time.Time) error {
	age := now.Sub(p.ReadAt)
	if o == nil || o.PlanAge == 0 || age <= o.PlanAge {
		return nil
	}
	return fmt.Errorf("the plan is %s old, and the operator's policy permits %s (%s): plan again",
		words.Duration(age), words.Duration(o.PlanAge), o.Place("approval.max_plan_age"))
}
