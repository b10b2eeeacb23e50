package reader

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// priceOperation tells what orders cost, where the service has it.
const priceOperation = "QueryDomainRealTimePrice"

// renewAction and transferAction are a renewal and a transfer into the account in the
// words of that operation. The second is not documented.
const renewAction, transferAction = "renew", "transfer"

// mostPrice is more than any order costs.
const mostPrice = 1e12

// renewalPrice asks what the renewal of a name costs, or its transfer into the account
// where it is to come. A price that is refused, or
// not understood, is not known, and nothing else of the name rests on it.
func (f *fetcher) renewalPrice(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	years := max(f.years[d.Name], 1)
	d.Renewal = &snapshot.RenewalPrice{Years: years}
	if f.Optional.Lacks(priceOperation) {
		return nil, nil
	}
	action := renewAction
	if d.Arrival != nil {
		action = transferAction
	}
	items := []wire.PricedItem{{DomainName: d.Name, Action: action, Period: years}}
	if years > 1 { // what is told for the term may be the price of each year
		items = append(items, wire.PricedItem{DomainName: d.Name, Action: action, Period: 1})
	}
	resp, err := f.r.QueryDomainRealTimePrice(ctx, &wire.QueryDomainRealTimePriceRequest{Currency: f.currency, DomainItem: items})
	f.Optional.Note(priceOperation, err)
	switch {
	case err == nil:
		*d.Renewal = priceIn(resp.Module.DomainPrices, d.Name, action, years)
	case wire.NotOffered(err):
	case stops(ctx, err):
		d.Renewal = nil
		return nil, err
	default:
		d.Renewal.Why = wire.Reason(err)
	}
	return nil, nil
}

// priceIn returns the most that an order for so many years may cost by the rows of
// an answer: what is told for the term, and as many times what is told for a year.
func priceIn(rows []wire.RealTimePrice, name, action string, years int) snapshot.RenewalPrice {
	whole, found := priceFor(rows, name, action, years)
	if yearly, ok := priceFor(rows, name, action, 1); found && ok && yearly.Currency == whole.Currency {
		whole.Price = wire.PriceOf(whole.Price, yearly.Price, years)
		whole.Premium = whole.Premium || yearly.Premium
		return whole
	}
	return snapshot.RenewalPrice{Years: years, Premium: whole.Premium, Why: "its answer has no price that can be understood"}
}

// priceFor returns the price of a term, the highest of several; ok is false where it
// is not told with its currency, or in several. A row that does not say which term
// it is about is about the only one that was asked for.
func priceFor(rows []wire.RealTimePrice, name, action string, years int) (p snapshot.RenewalPrice, ok bool) {
	p.Years, ok = years, true
	for i := range rows {
		r := &rows[i]
		if r.DomainName != name || r.Action != action && r.Action != "" || r.Period != years && (r.Period != 0 || len(rows) > 1) {
			continue
		}
		p.Premium = p.Premium || r.Premium
		if !(r.Price > 0 && r.Price < mostPrice) || r.Currency == "" || p.Currency != "" && p.Currency != r.Currency {
			ok = false
			continue
		}
		p.Price, p.Currency = max(p.Price, r.Price), r.Currency
	}
	return p, ok && p.Price > 0
}
