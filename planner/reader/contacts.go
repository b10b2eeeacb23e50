package reader

import (
	"cmp"
	"context"
	"errors"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// contact reads a contact of a name. What kind of registrant it is the answer
// about the name tells.
func (f *fetcher) contact(ctx context.Context, d *snapshot.Domain, role wire.ContactType, may optional) error {
	resp, err := f.r.QueryContactInfo(ctx, &wire.QueryContactInfoRequest{DomainName: d.Name, ContactType: role})
	if err != nil {
		return err
	}
	lacked, others := may.split(resp.Lacks)
	if len(others) > 0 {
		return errors.New(others.Why(others[0].Member))
	}
	var kind wire.RegistrantType
	if role == wire.RegistrantContact {
		if kind, err = f.kindOf(d); err != nil {
			return err
		}
	}
	contact := snapshot.NewContact(kind, resp.Contact, resp.ZhContact).Canonical()
	contact.Lacks = lacked
	// The map may be written at this moment, as it was before.
	d.Take(&snapshot.Domain{Contacts: map[wire.ContactType]snapshot.Contact{role: contact}}, snapshot.ContactFacts[role])
	return nil
}

// kindOf returns what kind of registrant a name has, "" where nobody asked.
func (f *fetcher) kindOf(d *snapshot.Domain) (wire.RegistrantType, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, told := f.kinds[d.Name]
	if told && kind == "" {
		return "", lackError("QueryDomainByDomainName", nil, "RegistrantType")
	}
	return kind, nil
}

// profiles reads the registrant profiles of both types and for both kinds of
// registries.
func (f *fetcher) profiles(ctx context.Context, r *accountRow) error {
	found := make(map[int64]snapshot.Profile)
	for _, req := range wire.ProfileQueries() {
		err := f.profilesOf(ctx, r, req, found)
		for wire.OutcomeOf(err) == wire.Refused && !wire.StopsOperation(err) {
			instead, ok := req.Respelled()
			if !ok {
				break
			}
			req = instead
			err = f.profilesOf(ctx, r, req, found)
		}
		if err != nil {
			return err
		}
	}
	f.live.Profiles = make([]snapshot.Profile, 0, len(found))
	for _, p := range found {
		f.live.Profiles = append(f.live.Profiles, p)
	}
	return nil
}

// profilesOf adds the answers to one question, by number.
func (f *fetcher) profilesOf(ctx context.Context, r *accountRow, req wire.QueryRegistrantProfilesRequest, to map[int64]snapshot.Profile) error {
	req.PageNum, req.PageSize = 1, profilePage
	var nameless error
	err := eachPage(ctx, &req, f.r.QueryRegistrantProfiles, func(page *wire.QueryRegistrantProfilesResponse) bool {
		for i := range page.RegistrantProfiles {
			p := &page.RegistrantProfiles[i]
			to[p.RegistrantProfileID] = profileOf(p, r.optional)
			if nameless == nil {
				nameless = r.nameless(p.Lacks)
			}
		}
		return false
	})
	return cmp.Or(err, nameless)
}

// nameless is an error where the answer does not say whose profile it is.
func (r *accountRow) nameless(lacks wire.Lacks) error {
	for _, member := range r.required {
		if lacks.Has(member) {
			return errors.New("of a profile " + lacks.Why(member))
		}
	}
	return nil
}

// profilePage is the most profiles in one answer.
const profilePage = 5000

func profileOf(p *wire.RegistrantProfile, may optional) snapshot.Profile {
	var verified *bool
	if !p.Lacks.Has("EmailVerificationStatus") {
		verified = new(p.EmailVerificationStatus == wire.EmailVerified)
	}
	contact := snapshot.NewContact(p.RegistrantType, p.Contact, wire.ZhContact{
		ZhRegistrantOrganization: p.ZhRegistrantOrganization, ZhRegistrantName: p.ZhRegistrantName,
		ZhProvince: p.ZhProvince, ZhCity: p.ZhCity, ZhAddress: p.ZhAddress,
	})
	lacked, others := may.split(p.Lacks)
	contact.Lacks = lacked
	var compared []string
	for _, x := range others {
		compared = append(compared, x.Member)
	}
	return snapshot.Profile{
		ID: p.RegistrantProfileID, Kind: p.RegistrantProfileType, Default: p.DefaultRegistrantProfile, RealName: p.RealNameStatus,
		EmailVerified: verified, Lacks: compared, Contact: contact,
	}
}
