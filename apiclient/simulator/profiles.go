package simulator

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	firstProfile = 3_600_001 // number of the first registrant profile
	profilePage  = 500       // entries of a page whose size the caller leaves to the service
)

// profile is a registrant profile. Whether its address is verified is asked
// when it is shown.
type profile = wire.RegistrantProfile

// profiles are the registrant profiles of the account, oldest first.
type profiles struct {
	list []*profile
	last int64 // the youngest number
}

// ourProfile is the profile that an account has from the start.
func ourProfile() profile {
	p := profile{
		RegistrantProfileID: firstProfile, RegistrantProfileType: wire.CommonProfile, DefaultRegistrantProfile: true,
		RealNameStatus: wire.RealNamePassed,
		CreateTime:     time.Date(2019, 2, 18, 2, 46, 47, 0, time.UTC), UpdateTime: time.Date(2019, 3, 15, 7, 32, 45, 0, time.UTC),
	}
	setContact(&p, defaultContact)
	return p
}

func (p *profiles) load(all []profile) {
	p.last = firstProfile - 1
	for _, one := range all {
		p.last = max(p.last, one.RegistrantProfileID)
		p.list = append(p.list, &one)
	}
}

// profilesOf returns the profiles of a snapshot, and the one that an account has
// from the start where it does not say.
func profilesOf(all []snapshot.Profile) []profile {
	if all == nil {
		return []profile{ourProfile()}
	}
	list := make([]profile, len(all))
	for i, one := range all {
		list[i] = profile{
			RegistrantProfileID: one.ID, RegistrantProfileType: cmp.Or(one.Kind, wire.CommonProfile), DefaultRegistrantProfile: one.Default,
			RealNameStatus: cmp.Or(one.RealName, wire.RealNamePassed), CreateTime: ourProfile().CreateTime, UpdateTime: ourProfile().UpdateTime,
		}
		setContact(&list[i], one.Contact)
	}
	return list
}

// state returns the profiles as a snapshot has them.
func (p *profiles) state() []snapshot.Profile {
	all := make([]snapshot.Profile, len(p.list))
	for i, one := range p.list {
		all[i] = snapshot.Profile{
			ID: one.RegistrantProfileID, Kind: one.RegistrantProfileType, Default: one.DefaultRegistrantProfile,
			RealName: one.RealNameStatus, Contact: contactOf(one),
		}
	}
	slices.SortFunc(all, func(x, y snapshot.Profile) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// setContact gives a profile contact data.
func setContact(p *profile, c snapshot.Contact) {
	latin, zh := c.Wire()
	p.RegistrantType, p.Contact = c.Type, latin
	p.ZhRegistrantOrganization, p.ZhRegistrantName = zh.ZhRegistrantOrganization, zh.ZhRegistrantName
	p.ZhProvince, p.ZhCity, p.ZhAddress = zh.ZhProvince, zh.ZhCity, zh.ZhAddress
}

// contactOf returns the contact data of a profile.
func contactOf(p *profile) snapshot.Contact {
	return snapshot.NewContact(p.RegistrantType, p.Contact, wire.ZhContact{
		ZhRegistrantOrganization: p.ZhRegistrantOrganization, ZhRegistrantName: p.ZhRegistrantName,
		ZhProvince: p.ZhProvince, ZhCity: p.ZhCity, ZhAddress: p.ZhAddress,
	})
}

var errNoProfile = refusal(400, "ContactTemplateNotExist", "The registrant profile does not exist in this account.")

// find returns a profile, nil for none.
func (p *profiles) find(id int64) *profile {
	i := slices.IndexFunc(p.list, func(p *profile) bool { return p.RegistrantProfileID == id })
	if i < 0 {
		return nil
	}
	return p.list[i]
}

func (p *profiles) setDefault(one *profile) {
	for _, other := range p.list {
		other.DefaultRegistrantProfile = other == one
	}
}

func (p *profiles) remove(id int64) (found bool) {
	n := len(p.list)
	p.list = slices.DeleteFunc(p.list, func(p *profile) bool { return p.RegistrantProfileID == id })
	return len(p.list) < n
}

// Profiles returns the registrant profiles, oldest first.
func (s *Simulator) Profiles() []wire.RegistrantProfile {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := make([]wire.RegistrantProfile, 0, len(s.profiles.list))
	for _, p := range s.profiles.list {
		out = append(out, s.shown(p))
	}
	return out
}

// SetRealName lets the service come to a result about the real name of a
// profile, which no operation does, and reports whether it has the profile.
func (s *Simulator) SetRealName(profileID int64, status wire.RealNameStatus) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	p := s.profiles.find(profileID)
	if p != nil {
		p.RealNameStatus = status
	}
	return p != nil
}

// shown is a profile as queries show it.
func (s *Simulator) shown(p *profile) wire.RegistrantProfile {
	out := *p
	out.EmailVerificationStatus = s.emailStatus(p.Email)
	return out
}

func (s *Simulator) emailStatus(address string) wire.EmailStatus {
	if s.emailVerified(address) {
		return wire.EmailVerified
	}
	return wire.EmailUnverified
}

func (s *Simulator) saveProfile(c *call, r *wire.SaveRegistrantProfileRequest) (wire.Response, error) {
	p := s.profiles.find(r.RegistrantProfileID)
	switch {
	case p == nil && r.RegistrantProfileID != 0:
		return nil, errNoProfile
	case r.RegistrantType == "":
		return nil, refusal(400, "MissingRegistrantType", "RegistrantType is mandatory for this action.")
	}
	if err := checkContact(&r.Contact, true); err != nil {
		return nil, err
	}
	kind, err := s.options.Readings.profileKind(r.RegistrantProfileType)
	if err != nil {
		return nil, err
	}
	if p == nil {
		s.profiles.last++
		p = &profile{RegistrantProfileID: s.profiles.last, CreateTime: c.now, RegistrantProfileType: wire.CommonProfile}
		s.profiles.list = append(s.profiles.list, p)
	}
	if p.RegistrantType != r.RegistrantType || p.RegistrantOrganization != r.RegistrantOrganization || p.Country != r.Country {
		p.RealNameStatus = s.options.RealName // another holder is another real name
	}
	setContact(p, snapshot.NewContact(r.RegistrantType, r.Contact, r.ZhContact))
	p.RegistrantProfileType = cmp.Or(kind, p.RegistrantProfileType)
	p.UpdateTime = c.now
	if r.DefaultRegistrantProfile != nil && *r.DefaultRegistrantProfile {
		s.profiles.setDefault(p)
	}
	return &wire.SaveRegistrantProfileResponse{Meta: c.meta(), RegistrantProfileID: p.RegistrantProfileID}, nil
}

// spelled writes the kind of a profile as answers do.
func spelled(t wire.RegistrantProfileType) wire.RegistrantProfileType {
	if t == wire.CNICProfile {
		return wire.CNNICProfile
	}
	return t
}

func (s *Simulator) listProfiles(c *call, r *wire.QueryRegistrantProfilesRequest) (wire.Response, error) {
	kind, err := s.options.Readings.profileKind(r.RegistrantProfileType)
	if err != nil {
		return nil, err
	}
	found := filter(s.profiles.list, func(p *profile) bool {
		return (kind == "" || spelled(p.RegistrantProfileType) == kind) && fits(p, r)
	})
	page := wire.Page{PageNum: max(r.PageNum, 1), PageSize: cmp.Or(r.PageSize, profilePage)}
	answer := &wire.QueryRegistrantProfilesResponse{
		Meta: c.meta(), Paged: paged(page, len(found)), RegistrantProfiles: []wire.RegistrantProfile{},
	}
	from, to := bounds(page, len(found))
	for _, p := range found[from:to] {
		answer.RegistrantProfiles = append(answer.RegistrantProfiles, s.shown(p))
	}
	return answer, nil
}

// fits reports whether a query asks for a profile, its kind of registries aside.
// Persons are asked for unless it says otherwise.
func fits(p *profile, r *wire.QueryRegistrantProfilesRequest) bool {
	return p.RegistrantType == cmp.Or(r.RegistrantType, wire.Person) &&
		(r.RegistrantProfileID == 0 || p.RegistrantProfileID == r.RegistrantProfileID) &&
		(r.RegistrantOrganization == "" || p.RegistrantOrganization == r.RegistrantOrganization) &&
		(r.Email == "" || strings.EqualFold(p.Email, r.Email)) &&
		(r.RealNameStatus == "" || p.RealNameStatus == r.RealNameStatus) &&
		(!r.DefaultRegistrantProfile || p.DefaultRegistrantProfile)
}

func (s *Simulator) deleteProfile(c *call, r *wire.DeleteRegistrantProfileRequest) (wire.Response, error) {
	if !s.profiles.remove(r.RegistrantProfileID) {
		return nil, errNoProfile
	}
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

// deleteProfiles passes over profiles that do not exist while one of them does.
func (s *Simulator) deleteProfiles(c *call, r *wire.DeleteContactTemplatesRequest) (wire.Response, error) {
	found := false
	for _, id := range r.RegistrantProfileIDs {
		found = s.profiles.remove(id) || found
	}
	if !found {
		return nil, errNoProfile
	}
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

func (s *Simulator) setDefaultProfile(c *call, r *wire.SetDefaultRegistrantProfileRequest) (wire.Response, error) {
	p := s.profiles.find(r.RegistrantProfileID)
	if p == nil {
		return nil, errNoProfile
	}
	s.profiles.setDefault(p)
	return &wire.DoneResponse{Meta: c.meta()}, nil
}
