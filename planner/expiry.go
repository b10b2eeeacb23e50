package planner

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// expiresSoon is how long before its end a name is warned of of which the files
// do not say what is to become.
const expiresSoon = 60 * 24 * time.Hour

// expiring warns of a name that expires soon and declares neither renewal nor
// lapse.
func (d *differ) expiring(want *config.Domain, live *snapshot.Domain) {
	if live.Expires.IsZero() || live.Expires.After(d.Live.ReadAt.Add(expiresSoon)) {
		return
	}
	for i := range want.Declared {
		if want.Declared[i].Attribute.Group == attr.GroupTerm {
			return
		}
	}
	d.plan.Diagnostics = append(d.plan.Diagnostics, Diagnostic{
		Severity: SeverityWarning, Domain: want.Name, Summary: "Expires within 60 days",
		Detail: "Declare renewal to have it renewed, or lapse to say why it is not.",
	})
}
