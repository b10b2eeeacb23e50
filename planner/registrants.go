package planner

import (
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// registrants returns the names that get another registrant, and tells what
// comes with it: who gets mail, and whether the name can be transferred out.
// Waiting is how many more names will get one when what they wait for has come.
// Those that the service is working on were counted when they were sent.
func (p *Plan) registrants(in Input) (names []string, waiting int) {
	policy := in.Portfolio.Policy()
	for i := range p.Changes {
		c := &p.Changes[i]
		mails := attr.Lookup(c.Attribute).Mails
		switch {
		case mails == nil:
			continue
		case !c.Planned() && (c.Status != attr.Refused || c.Cause == attr.PolicyCause || c.Cause == attr.PersonsCause): // whoever raises the guard must know
			if c.Status == attr.Deferred || c.Status == attr.Waiting && !pending(in.Live, c) {
				waiting++
			}
			continue
		}
		if c.Planned() {
			names = append(names, c.Domain)
		}
		detail := "The service sends mail to " + strings.Join(mails(c), " and ") + "."
		if policy.TransferProhibition != nil && *policy.TransferProhibition {
			detail += " The name cannot be transferred out for 60 days then."
		}
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Domain: c.Domain, Summary: "The registrant changes", Detail: detail,
		})
	}
	return names, waiting
}

// pending reports whether the service is still working on what a change is about.
func pending(live *Live, c *attr.Change) bool {
	d := live.Domain(c.Domain)
	return d != nil && attr.Lookup(c.Attribute).PendingIn(d) != ""
}
