package simulator

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func (s *Simulator) listDomains(c *call, r *wire.QueryDomainListRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	found := s.account.sortedBy(r.OrderKeyType)
	if filtered(r) {
		found = filter(found, func(d *domain) bool { return matchesQuery(d, r, c.now) })
	}
	answer := &wire.QueryDomainListResponse{Meta: c.meta(), Paged: paged(r.Page, len(found)), Data: []wire.DomainItem{}}
	from, to := bounds(r.Page, len(found))
	for i := from; i < to; i++ {
		at := i
		if r.OrderByType != wire.Ascending {
			at = len(found) - 1 - i
		}
		answer.Data = append(answer.Data, s.item(found[at], c.now))
	}
	return answer, nil
}

// filtered reports whether the request asks for some names only.
func filtered(r *wire.QueryDomainListRequest) bool {
	bare := *r
	bare.Page, bare.OrderByType, bare.OrderKeyType, bare.Common = wire.Page{}, "", "", wire.Common{}
	return bare != wire.QueryDomainListRequest{}
}

func matchesQuery(d *domain, r *wire.QueryDomainListRequest, now time.Time) bool {
	contains := func(part string) bool { return strings.Contains(d.Name, part) }
	return (r.DomainName == "" || contains(r.DomainName) || strings.Contains(wire.UnicodeName(d.Name), r.DomainName)) &&
		onDays(d.Expires, r.StartExpirationDate, r.EndExpirationDate) &&
		onDays(d.Registered, r.StartRegistrationDate, r.EndRegistrationDate) &&
		(r.QueryType == "" || string(r.QueryType) == string(status(d.Expires, now))) &&
		(r.ProductDomainType == "" || string(r.ProductDomainType) == kindOf(d.Name)) &&
		(r.DNS == "" || slices.Contains(d.Nameservers, r.DNS)) &&
		r.DomainGroupID == "" // there are no groups
}

// onDays reports whether a time lies on the days from first to last or between
// them, in the service's time zone. The zero time is no bound.
func onDays(t, first, last time.Time) bool {
	return (first.IsZero() || !t.Before(wire.Midnight(first))) &&
		(last.IsZero() || t.Before(wire.Midnight(last).AddDate(0, 0, 1)))
}

func filter[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, e := range list {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// kindOf returns the kind of a name's suffix as requests write it.
func kindOf(name string) string {
	suffix := suffixOf(name)
	switch {
	case len(suffix) == 2:
		return "ccTLD"
	case strings.Contains(" com net org info biz name gov edu mil int ", " "+suffix+" "):
		return "gTLD"
	}
	return "New gTLD"
}

// answerKind is a kind of suffix as answers write it.
func answerKind(kind string) wire.DomainType {
	if kind == "ccTLD" {
		return wire.CountrySuffix
	}
	return wire.DomainType(kind)
}

func (s *Simulator) item(d *domain, now time.Time) wire.DomainItem {
	expired := wire.NotExpired
	if !d.Expires.After(now) {
		expired = wire.Expired
	}
	item := wire.DomainItem{
		DomainName: d.Name, InstanceID: d.InstanceID, ProductID: "2a", DomainType: answerKind(kindOf(d.Name)),
		DomainStatus: status(d.Expires, now), Premium: d.Premium,
		DomainAuditStatus: cmp.Or(d.RealName, wire.RealNamePassed),
		RegistrantType:    cmp.Or(d.contact(wire.RegistrantContact).Type, wire.Organization),
		RegistrationDate:  d.Registered, RegistrationDateLong: d.Registered,
		ExpirationDate: d.Expires, ExpirationDateLong: d.Expires, ExpirationDateStatus: expired,
		ExpirationCurrDateDiff: int(wire.Midnight(d.Expires).Sub(wire.Midnight(now)).Hours() / 24),
	}
	if s.options.Readings.ListedAutoRenew != "absent" {
		item.AutoRenewEnabled = new(isTrue(d.AutoRenew, false))
	}
	if s.options.Readings.ListedNameservers != "absent" {
		item.DNSList = d.Nameservers
	}
	return item
}

var errNoDomain = refusal(400, "DomainNotExist", "The domain name does not exist in this account.")

func (s *Simulator) domainByName(c *call, r *wire.QueryDomainByDomainNameRequest) (wire.Response, error) {
	d := s.account.byName[r.DomainName]
	if d == nil {
		return nil, errNoDomain
	}
	return &wire.QueryDomainByDomainNameResponse{DomainInfo: s.info(c, d, wire.RealNameSucceeded)}, nil
}

func (s *Simulator) domainByInstance(c *call, r *wire.QueryDomainByInstanceIdRequest) (wire.Response, error) {
	d := s.account.byInstance[r.InstanceID]
	if d == nil {
		return nil, errNoDomain
	}
	return &wire.QueryDomainByInstanceIdResponse{DomainInfo: s.info(c, d, wire.RealNamePassed)}, nil
}

// info are the facts of a name. The two operations spell a passed verification
// differently.
func (s *Simulator) info(c *call, d *domain, passed wire.RealNameStatus) wire.DomainInfo {
	registrant := d.contact(wire.RegistrantContact)
	realName := cmp.Or(d.RealName, passed)
	if realName.Passed() {
		realName = passed
	}
	return wire.DomainInfo{
		Meta: c.meta(), DomainName: d.Name, InstanceID: d.InstanceID, UserID: s.options.AccountID,
		DNSList: d.Nameservers, TransferProhibitionLock: d.TransferLock, UpdateProhibitionLock: d.UpdateLock,
		RegistrationDate: d.Registered, RegistrationDateLong: d.Registered,
		ExpirationDate: d.Expires, ExpirationDateLong: d.Expires, Premium: d.Premium,
		DomainNameProxyService: isTrue(d.Privacy, false), DomainNameVerificationStatus: passed, RealNameStatus: realName,
		RegistrantType:           cmp.Or(registrant.Type, wire.Organization),
		RegistrantUpdatingStatus: cmp.Or(d.RegistrantUpdating, wire.UpdatingNormal), TransferOutStatus: d.TransferOut,
		RegistrantName: registrant.Name, RegistrantOrganization: registrant.Organization,
		ZhRegistrantName: registrant.Zh.Name, ZhRegistrantOrganization: registrant.Zh.Organization,
		Email: registrant.Email, EmailVerificationStatus: s.emailStatus(registrant.Email), EmailVerificationClientHold: d.EmailHold,
	}
}

// checkPage refuses a page that is larger than the simulator was told to take.
func (s *Simulator) checkPage(size int) error {
	if size > s.options.PageLimit {
		return refusal(400, "InvalidPageSize", "Specified parameter PageSize is larger than the page size that is allowed.")
	}
	return nil
}

// paged are the members of an answer that say where its page stands.
func paged(p wire.Page, total int) wire.Paged {
	pages := (total + p.PageSize - 1) / p.PageSize
	return wire.Paged{
		CurrentPageNum: p.PageNum, PageSize: p.PageSize, TotalItemNum: total, TotalPageNum: pages,
		NextPage: p.PageNum < pages, PrePage: p.PageNum > 1,
	}
}

// bounds returns the range of a page in a list of n.
func bounds(p wire.Page, n int) (from, to int) {
	if p.PageNum-1 > n/p.PageSize {
		return n, n
	}
	from = min((p.PageNum-1)*p.PageSize, n)
	return from, from + min(p.PageSize, n-from)
}
