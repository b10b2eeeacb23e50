package planner

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// orderTransfers plans the transfers of an input, by the rules for whatever costs
// money.
func (d *differ) orderTransfers() {
	for _, t := range d.Transfers {
		if !d.Only.Has(t.Name) {
			continue
		}
		s := subject{want: &config.Domain{Name: t.Name}, changes: []attr.Change{d.transfer(t)}}
		d.applyNameRules(&s)
		d.add(s.changes)
	}
}

// transfer returns the change that orders a transfer.
func (d *differ) transfer(t attr.Transfer) attr.Change {
	live := d.Live.Lacking(t.Name)
	switch held := d.entry(t.Name); {
	case held != nil:
		live = &snapshot.Domain{Name: t.Name, Arrival: &snapshot.Arrival{Held: true}}
	case live == nil:
		d.lacksArrival(t.Name)
		return t.Unknown(d.whyUnknown(t.Name, snapshot.Arriving))
	}
	if lacks := d.lacks(live, snapshot.Arriving); lacks != 0 {
		return t.Unknown(d.whyUnknown(t.Name, lacks))
	}
	in := attr.Input{
		Name: t.Name, Live: live, Policy: d.policy, Account: d.Live, Now: d.Live.ReadAt,
		Prices: d.Portfolio.PricesOf(t.Name), Buys: d.Portfolio.Budget != nil,
	}
	if a := live.Arrival; !a.Held && !a.UnderWay {
		if lacks := d.lacks(live, t.Facts()); lacks != 0 {
			return t.Unknown(d.whyUnknown(t.Name, lacks))
		}
		d.lacks(live, t.PriceFacts(in))
	}
	return t.Change(in)
}

// lacksArrival notes that nobody has asked how a name stands that the account lacks.
func (in *Input) lacksArrival(name string) {
	if in.asked != nil {
		in.asked.Arrivals[name] = true
		in.asked.n++
	}
}
