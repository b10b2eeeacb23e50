package planner

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

const (
	// selfRenewal is how long a plan looks ahead for what the service buys by itself.
	selfRenewal = 90 * 24 * time.Hour
	// selfRenewed is how long before the end of a term the service has renewed the
	// name, or will not do so any more.
	selfRenewed = 3 * 24 * time.Hour
)

// renewsItself reports whether the service will renew a name by itself.
func renewsItself(live *snapshot.Domain, now time.Time) bool {
	return live.AutoRenew != nil && *live.AutoRenew && live.Expires.After(now.Add(selfRenewed))
}

// warnSelfRenewed warns of a name that the service renews by itself, and for which no
// file says so: it buys past the budget, and beside what the files say of the term.
func (d *differ) warnSelfRenewed(want *config.Domain, live *snapshot.Domain) {
	if !renewsItself(live, d.Live.ReadAt) {
		return
	}
	w := Diagnostic{
		Severity: SeverityWarning, Domain: want.Name, Summary: "The service renews the name by itself",
		Detail: "No file says so, and it is bought past the budget. Declare auto_renew = true to keep that, or auto_renew = false to switch it off.",
	}
	for i := range want.Declared {
		a := want.Declared[i].Attribute
		switch {
		case a.Facts&snapshot.AutoRenew != 0 || a.Ends: // the second is a threat
			return
		case a.Group == attr.GroupTerm:
			w.Summary = "The service renews the name by itself, whatever " + a.Name + " says"
			w.Detail = "It is bought past the budget. Declare auto_renew = false beside " + a.Name + " to switch that off."
		}
	}
	if live.Expires.Before(d.Live.ReadAt.Add(selfRenewal)) {
		w.Deadline = live.Expires.UTC()
	}
	d.plan.Diagnostics = append(d.plan.Diagnostics, w)
}

// A SelfRenewal is a purchase that the service makes by itself: it renews a name for
// a year before the name expires, past the budget.
type SelfRenewal struct {
	Domain string    `json:"domain"`
	By     time.Time `json:"by"` // when the name expires; UTC
	// Amount is what it costs, where a price is known; nil: nobody knows.
	Amount   *attr.Amount `json:"amount,omitempty"`
	Currency string       `json:"currency,omitempty"`
}

// tellSelfRenewals tells what the service buys by itself in the next 90 days of the
// names that the plan is about. A name of which the plan itself switches that off, or
// buys the term, is not among them.
func (p *Plan) tellSelfRenewals(in Input) {
	p.SelfRenewals = nil
	planned := make(map[string]bool)
	for i := range p.Changes {
		c := &p.Changes[i]
		a := attr.Lookup(c.Attribute)
		if c.Status == attr.Ready && (a.Facts&snapshot.AutoRenew != 0 && !attr.IsOn(c.After) || a.Group == attr.GroupTerm && c.Cost != nil) {
			planned[c.Domain] = true
		}
	}
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		if live == nil || planned[want.Name] || !in.Only.Has(want.Name) || !renewsItself(live, in.Live.ReadAt) || live.Expires.After(in.Live.ReadAt.Add(selfRenewal)) {
			continue
		}
		r := SelfRenewal{Domain: want.Name, By: live.Expires.UTC()}
		if prices := in.Portfolio.PricesOf(want.Name); prices.Renew != nil && !live.Premium && !live.PremiumUnknown {
			r.Amount, r.Currency = prices.Renew, prices.Currency
		}
		p.SelfRenewals = append(p.SelfRenewals, r)
	}
	slices.SortStableFunc(p.SelfRenewals, func(x, y SelfRenewal) int { return x.By.Compare(y.By) })
}
