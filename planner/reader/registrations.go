package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
)

// askIn has prices told in the currency of the budget, where the service knows
// it.
func (f *fetcher) askIn(b *config.Budget) {
	if b != nil && slices.Contains(f.currency.Known(), b.Currency) {
		f.currency = wire.FeeCurrency(b.Currency)
	}
}

// presence finds out whether the account holds a name and, where it does not,
// whether the name can be registered. That the list lacks a name proves
// nothing: the account is asked for the name itself.
func (f *fetcher) presence(ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error) {
	lacks, err := f.info(ctx, d, may)
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != "DomainNotExist" || e.Answered {
		return lacks, err
	}
	years := max(f.years[d.Name], 1)
	resp, err := f.checkFor(ctx, d.Name, years, may)
	if err != nil {
		return nil, err
	}
	offer := snapshot.Offer{Availability: resp.Avail, Reason: resp.Reason, Premium: resp.OwnPrice(), Years: years, Currency: f.currency}
	if offer.Premium {
		offer.Price, err = f.ownPrice(ctx, d.Name, resp, years, may)
	} else if money, currency, ok := resp.ListPrice(years, f.currency); ok {
		offer.Price, offer.Currency = money, currency
	}
	if err == nil {
		d.Offer = &offer
	}
	return nil, err
}

func (f *fetcher) checkFor(ctx context.Context, name string, years int, may optional) (*wire.CheckDomainResponse, error) {
	resp, err := f.r.CheckDomain(ctx, &wire.CheckDomainRequest{
		DomainName: name, FeeCommand: wire.FeeRegister, FeePeriod: years, FeeCurrency: f.currency,
	})
	if err != nil {
		return nil, err
	}
	if resp.OwnPrice() {
		may = nil // the price is that of the name
	}
	if _, lacks := may.split(resp.Lacks); len(lacks) > 0 { // each can make it dearer
		return nil, lackError("CheckDomain", lacks, lacks[0].Member)
	}
	return resp, nil
}

// ownPrice returns the most that a registration costs of a name with a price of
// its own: what was told for the term may be that of each of its years, which the
// price of one year tells.
func (f *fetcher) ownPrice(ctx context.Context, name string, told *wire.CheckDomainResponse, years int, may optional) (float64, error) {
	yearly := told
	if years > 1 && told.Price > 0 && told.Avail == wire.Available {
		var err error
		if yearly, err = f.checkFor(ctx, name, 1, may); err != nil {
			return 0, err
		}
	}
	return wire.PriceOf(told.Price, yearly.Price, years), nil
}

// quote asks what a premium name of the account costs. An order says nothing of
// its price: nobody but the program holds it against the owner's bound.
func (f *fetcher) quote(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	command := wire.FeeRenew
	if d.Status == wire.NeedsRedemption {
		command = wire.FeeRedeem
	}
	resp, err := f.r.CheckDomain(ctx, &wire.CheckDomainRequest{DomainName: d.Name, FeeCommand: command, FeePeriod: 1, FeeCurrency: f.currency})
	if err != nil {
		return nil, err
	}
	if resp.Price == 0 {
		return nil, errors.New(resp.Lacks.Why("Price"))
	}
	d.Quote = &snapshot.Quote{Price: float64(resp.Price), Currency: f.currency}
	return nil, nil
}
