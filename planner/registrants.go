package planner

import (
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// registrants counts the names that get another registrant, and says what comes
// with that: who gets mail, and whether the name can be transferred out.
func (p *Plan) registrants(policy attr.Policy) (n int) {
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Attribute != attr.Registrant || !c.Planned() {
			continue
		}
		n++
		detail := "The service sends mail to " + strings.Join(attr.Mailed(c), " and ") + "."
		if policy.TransferProhibition != nil && *policy.TransferProhibition {
			detail += " The name cannot be transferred out for 60 days then."
		}
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Domain: c.Domain, Summary: "The registrant changes", Detail: detail,
		})
	}
	return n
}
