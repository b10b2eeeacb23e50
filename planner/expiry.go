package planner

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// expiryWarning is how long before its end a plan warns of a name for which the
// files declare neither renewal nor lapse.
const expiryWarning = 60 * 24 * time.Hour

// warnExpiring warns of a name that expires soon, or has expired, and for which
// the files declare neither renewal nor lapse. The service itself may renew it.
func (d *differ) warnExpiring(want *config.Domain, live *snapshot.Domain) {
	if live.Expires.IsZero() || live.Expires.After(d.Live.ReadAt.Add(expiryWarning)) || renewsItself(live, d.Live.ReadAt) {
		return
	}
	redeem := live.Status == wire.NeedsRedemption
	for i := range want.Declared {
		if a := want.Declared[i].Attribute; a.Group == attr.GroupTerm || a.Precedes != "" && redeem {
			return
		}
	}
	w := Diagnostic{
		Severity: SeverityWarning, Domain: want.Name, Summary: "Expires within 60 days",
		Detail: "Declare renewal to have it renewed, or lapse to say why it is not.",
	}
	switch {
	case redeem:
		w.Summary = "Expired too long ago to be renewed"
		w.Detail = "Declare redemption to have it redeemed, or lapse to say why it is not."
	case live.Expires.Before(d.Live.ReadAt):
		w.Summary = "Expired"
	}
	d.plan.Diagnostics = append(d.plan.Diagnostics, w)
}
