package planner

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Keeper is who sees to it that a name does not end.
type Keeper string

// The keepers.
const (
	KeptByFiles   Keeper = "files"   // they renew it, or redeem it
	KeptByService Keeper = "service" // the service renews it by itself, past the budget
	LetEnd        Keeper = "let_end" // the files say that it may end
	KeptByNobody  Keeper = "nobody"
)

// Keepers returns all keepers.
func Keepers() []Keeper { return []Keeper{KeptByFiles, KeptByService, LetEnd, KeptByNobody} }

// An Outlook is what becomes of the term of a name that the account holds, as long as
// the files and the service's settings stay as they are.
type Outlook struct {
	Live     *snapshot.Domain
	Keeper   Keeper
	Renewals []Foreseen // the first one first
}

// Foreseen is a renewal that comes due.
type Foreseen struct {
	// Due is when the files order it, or when the service makes it at the latest: some
	// days before the term ends, which can be the month before.
	Due     time.Time
	Expires time.Time // the end of the term that it follows
	Years   int
	// ByService says that the service makes it by itself, past the budget.
	ByService bool
	Amount    attr.Amount
	// Priced says that the amount is known; AtMost that it is the most that the files
	// let it cost.
	Priced, AtMost bool
	// Pending is why its amount is not to be paid any more, or not yet: it was ordered, or
	// something is in its way. "": it is.
	Pending string
}

// Outlooks ranges over the names that the account holds, with the renewals that come due
// before a time.
func (p *Plan) Outlooks(in *Input, until time.Time) iter.Seq[Outlook] {
	return func(yield func(Outlook) bool) {
		declared, rest := in.Portfolio.Domains, p.Changes
		for i := range in.Live.Domains {
			live := &in.Live.Domains[i]
			for len(declared) > 0 && declared[0].Name < live.Name {
				declared = declared[1:]
			}
			o := outlook{in: in, live: live, until: until}
			if len(declared) > 0 && declared[0].Name == live.Name {
				o.want = &declared[0]
				o.changes, rest = splitChanges(live.Name, rest)
			}
			if !yield(Outlook{Live: live, Keeper: o.keeper(p), Renewals: o.renewals(p)}) {
				return
			}
		}
	}
}

// outlook is a name while its outlook is made.
type outlook struct {
	in      *Input
	want    *config.Domain // nil: no file declares it
	live    *snapshot.Domain
	changes []attr.Change
	until   time.Time
}

// byService reports whether the service will renew the name by itself, once an apply of
// the plan has switched what it switches.
func (o *outlook) byService(p *Plan) bool {
	for i := range o.changes {
		c := &o.changes[i]
		if attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 && p.mayRun(c) {
			return attr.IsOn(c.After) && o.live.Expires.After(o.in.Live.ReadAt.Add(selfRenewed))
		}
	}
	return renewsItself(o.live, o.in.Live.ReadAt)
}

// recurring returns what the files say of renewing the name; nil: nothing.
func (o *outlook) recurring() attr.Recurring {
	if o.want == nil {
		return nil
	}
	for i := range o.want.Declared {
		if r, ok := o.want.Declared[i].Value.(attr.Recurring); ok {
			return r
		}
	}
	return nil
}

func (o *outlook) keeper(p *Plan) Keeper {
	redeem := o.live.Status == wire.NeedsRedemption
	switch {
	case !redeem && o.recurring() == nil && o.byService(p):
		return KeptByService
	case o.want == nil:
		return KeptByNobody
	case isToEnd(o.want):
		return LetEnd
	case declaresKeeping(o.want, redeem):
		return KeptByFiles
	case !redeem && o.byService(p):
		return KeptByService
	}
	return KeptByNobody
}

// renewals returns those that come due before the end of the outlook.
func (o *outlook) renewals(p *Plan) []Foreseen {
	switch {
	case o.live.Expires.IsZero() || o.live.Status == wire.NeedsRedemption:
		return nil
	case o.recurring() != nil:
		return o.byFiles(o.recurring())
	case o.byService(p):
		return o.ofService()
	}
	return nil
}

// byFiles returns the renewals that the files order. What the first one costs a plan may
// know that orders it now.
func (o *outlook) byFiles(r attr.Recurring) (all []Foreseen) {
	now, expires := o.in.Live.ReadAt, o.live.Expires.UTC()
	for {
		f := Foreseen{Due: latest(expires.Add(-days(r.DaysLeft())), now), Expires: expires}
		if !f.Due.Before(o.until) {
			return all
		}
		ordered := len(all) == 0 && o.orderedFirst(&f)
		if !ordered {
			f.Years = r.YearsAt(expires, f.Due)
			f.Amount, f.Priced = o.listPrice(f.Years)
		}
		if f.Years == 0 { // it has as long a term as a name can have
			return all
		}
		all = append(all, f)
		expires = expires.AddDate(f.Years, 0, 0)
	}
}

// orderedFirst fills in a renewal from the change of the plan that orders it; false where
// there is none.
func (o *outlook) orderedFirst(f *Foreseen) bool {
	i := slices.IndexFunc(o.changes, func(c attr.Change) bool {
		_, term := c.After.(attr.Ending)
		return term && c.Cost != nil
	})
	if i < 0 {
		return false
	}
	c := &o.changes[i]
	f.Years = c.Cost.Years
	f.Priced = c.Cost.Bounded() && c.Cost.Currency == o.in.Portfolio.PricesOf(o.live.Name).Currency
	if f.Priced {
		f.Amount, f.AtMost = c.Cost.Amount, !c.Cost.Known
	}
	if c.Status == attr.Waiting || c.Status == attr.Blocked || c.Status == attr.InDoubt {
		f.Pending = strings.ReplaceAll(string(c.Status), "_", " ") + ": " + c.Reason
	}
	return true
}

// listPrice is what so many years of the name cost by the files, where they know it.
func (o *outlook) listPrice(years int) (attr.Amount, bool) {
	prices := o.in.Portfolio.PricesOf(o.live.Name)
	if prices.Renew == nil || o.live.Premium || o.live.PremiumUnknown {
		return 0, false
	}
	return *prices.Renew * attr.Amount(years), true
}

// ofService returns the renewals that the service makes, each for a year.
func (o *outlook) ofService() (all []Foreseen) {
	for expires := o.live.Expires.UTC(); ; expires = expires.AddDate(1, 0, 0) {
		f := Foreseen{Due: expires.Add(-selfRenewed), Expires: expires, Years: 1, ByService: true}
		if !f.Due.Before(o.until) {
			return all
		}
		f.Amount, f.Priced = o.listPrice(1)
		all = append(all, f)
	}
}
