package reader

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

// offers asks for the names to register what the service says of them. Nothing
// else is asked of CheckDomain.
func (f *fetcher) offers(ctx context.Context, in planner.Input) error {
	live := in.Live
	live.Absent = nil
	f.years = planner.ToRegister(in)
	for _, name := range slices.Sorted(maps.Keys(f.years)) {
		live.Absent = append(live.Absent, snapshot.Domain{Name: name})
	}
	needs := make([]planner.Need, len(live.Absent))
	for i := range live.Absent {
		needs[i] = planner.Need{Domain: &live.Absent[i], Facts: snapshot.Presence | snapshot.Profiles}
	}
	return f.readAll(ctx, live, needs)
}

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
func (f *fetcher) presence(ctx context.Context, live *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	lacks, err := f.info(ctx, live, d)
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != "DomainNotExist" || e.Answered {
		return lacks, err
	}
	years := max(f.years[d.Name], 1)
	resp, err := f.checkFor(ctx, d.Name, years)
	if err != nil {
		return nil, err
	}
	offer := snapshot.Offer{Availability: resp.Avail, Reason: resp.Reason, Premium: resp.OwnPrice(), Years: years, Currency: f.currency}
	if offer.Premium {
		offer.Price, err = f.ownPrice(ctx, d.Name, resp, years)
	} else if money, currency, ok := resp.ListPrice(years, f.currency); ok {
		offer.Price, offer.Currency = money, currency
	}
	if err == nil {
		d.Offer = &offer
	}
	return nil, err
}

func (f *fetcher) checkFor(ctx context.Context, name string, years int) (*wire.CheckDomainResponse, error) {
	resp, err := f.r.CheckDomain(ctx, &wire.CheckDomainRequest{
		DomainName: name, FeeCommand: wire.FeeRegister, FeePeriod: years, FeeCurrency: f.currency,
	})
	if err != nil {
		return nil, err
	}
	for _, lack := range resp.Lacks { // each can make it dearer, but a price that is that of nothing
		if lack.Member != "Price" || resp.OwnPrice() {
			return nil, errors.New("CheckDomain: " + resp.Lacks.Why(lack.Member))
		}
	}
	return resp, nil
}

// ownPrice returns the most that a registration costs of a name with a price of
// its own: what was told for the term may be that of each of its years, which the
// price of one year tells.
func (f *fetcher) ownPrice(ctx context.Context, name string, told *wire.CheckDomainResponse, years int) (float64, error) {
	yearly := told
	if years > 1 && told.Price > 0 && told.Avail == wire.Available {
		var err error
		if yearly, err = f.checkFor(ctx, name, 1); err != nil {
			return 0, err
		}
	}
	return wire.PriceOf(told.Price, yearly.Price, years), nil
}

// quote asks what a premium name of the account costs. An order says nothing of
// its price: nobody but the program holds it against the owner's bound.
func (f *fetcher) quote(ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
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

// profiles reads the registrant profiles of both types and for both kinds of
// registries.
func (f *fetcher) profiles(ctx context.Context, live *planner.Live) error {
	found := make(map[int64]snapshot.Profile)
	for _, req := range wire.ProfileQueries() {
		err := f.profilesOf(ctx, req, found)
		for wire.OutcomeOf(err) == wire.Refused && !wire.StopsOperation(err) {
			instead, ok := req.Respelled()
			if !ok {
				break
			}
			req = instead
			err = f.profilesOf(ctx, req, found)
		}
		if err != nil {
			return err
		}
	}
	live.Profiles = make([]snapshot.Profile, 0, len(found))
	for _, p := range found {
		live.Profiles = append(live.Profiles, p)
	}
	return nil
}

// profilesOf adds the answers to one question, by number.
func (f *fetcher) profilesOf(ctx context.Context, req wire.QueryRegistrantProfilesRequest, to map[int64]snapshot.Profile) error {
	req.PageNum, req.PageSize = 1, profilePage
	var nameless error
	err := eachPage(ctx, &req, f.r.QueryRegistrantProfiles, func(page *wire.QueryRegistrantProfilesResponse) bool {
		for i := range page.RegistrantProfiles {
			p := &page.RegistrantProfiles[i]
			to[p.RegistrantProfileID] = profileOf(p)
			if nameless == nil {
				nameless = namelessProfile(p)
			}
		}
		return false
	})
	return cmp.Or(err, nameless)
}

// namelessProfile is an error where the answer does not say whose profile it is:
// it could be any that is declared, and none would be made beside it.
func namelessProfile(p *wire.RegistrantProfile) error {
	for _, member := range []string{"RegistrantName", "Email"} {
		if p.Lacks.Has(member) {
			return errors.New("of a profile " + p.Lacks.Why(member))
		}
	}
	return nil
}

// profilePage is the most profiles in one answer.
const profilePage = 5000

func profileOf(p *wire.RegistrantProfile) snapshot.Profile {
	var verified *bool
	if !p.Lacks.Has("EmailVerificationStatus") {
		verified = new(p.EmailVerificationStatus == wire.EmailVerified)
	}
	contact := snapshot.NewContact(p.RegistrantType, p.Contact, wire.ZhContact{
		ZhRegistrantOrganization: p.ZhRegistrantOrganization, ZhRegistrantName: p.ZhRegistrantName,
		ZhProvince: p.ZhProvince, ZhCity: p.ZhCity, ZhAddress: p.ZhAddress,
	})
	untold, others := leftOut(p.Lacks)
	contact.Untold = untold
	return snapshot.Profile{
		ID: p.RegistrantProfileID, Kind: p.RegistrantProfileType, Default: p.DefaultRegistrantProfile, RealName: p.RealNameStatus,
		EmailVerified: verified, Untold: compared(others), Contact: contact,
	}
}

// compared returns the members that are not told and that a declaration could
// be compared with.
func compared(lacks wire.Lacks) (members []string) {
	for _, x := range lacks {
		if x.Member != "EmailVerificationStatus" {
			members = append(members, x.Member)
		}
	}
	return members
}
