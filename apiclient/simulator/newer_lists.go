package simulator

import (
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// has reports whether the service has an operation.
func (s *Simulator) has(o *wire.Operation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Readings.NewerOperations != "absent" || !o.Newer() || alwaysThere[o.Name]
}

// alwaysThere are operations that the reference lacks and every service has.
var alwaysThere = map[string]bool{
	"SaveBatchTaskForDomainNameProxyService":                   true,
	"SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId": true,
}

// scrollLife is how long the service keeps a scroll that nobody turns.
const scrollLife = 5 * time.Minute

// A scroll is a list of names as they were when it began. Each call turns a page,
// one whose answer is lost as well.
type scroll struct {
	names []string
	next  int // index of the next name
	used  time.Time
}

func (s *Simulator) scrollDomains(c *call, r *wire.ScrollDomainListRequest) (wire.Response, error) {
	answer := &wire.ScrollDomainListResponse{Meta: c.meta(), PageSize: r.PageSize, ScrollID: r.ScrollID, Data: []wire.AdvancedDomainItem{}}
	if r.ScrollID == "" {
		answer.ScrollID = s.beginScroll(c, r)
		if s.options.Readings.ScrollStart == "empty" {
			return answer, nil
		}
	}
	sc := s.scrolls[answer.ScrollID]
	if sc == nil || c.now.Sub(sc.used) > scrollLife {
		return nil, refusal(400, "InvalidScrollId", "Specified parameter ScrollId is not valid: the scroll has ended.")
	}
	sc.used, answer.TotalItemNum = c.now, len(sc.names)
	for ; sc.next < len(sc.names) && len(answer.Data) < r.PageSize; sc.next++ {
		if d := s.account.byName[sc.names[sc.next]]; d != nil {
			answer.Data = append(answer.Data, s.advancedItem(d, c.now))
		}
	}
	return answer, nil
}

// beginScroll keeps the names that are asked for, and forgets scrolls that have
// ended.
func (s *Simulator) beginScroll(c *call, r *wire.ScrollDomainListRequest) (id string) {
	for id, sc := range s.scrolls {
		if c.now.Sub(sc.used) > scrollLife {
			delete(s.scrolls, id)
		}
	}
	sc := &scroll{used: c.now}
	for _, d := range s.account.sortedBy("") {
		if s.listedBy(d, &r.NameFilter, c.now) {
			sc.names = append(sc.names, d.Name)
		}
	}
	id = s.uuid(c.now)
	if s.scrolls == nil {
		s.scrolls = make(map[string]*scroll)
	}
	s.scrolls[id] = sc
	return id
}

func (s *Simulator) listAdvanced(c *call, r *wire.QueryAdvancedDomainListRequest) (wire.Response, error) {
	var found []*domain
	if len(r.Tag) == 0 { // there are no tags
		found = filter(s.account.sortedBy(advancedOrder(r)), func(d *domain) bool { return s.listedBy(d, &r.NameFilter, c.now) })
	}
	descending := isTrue(r.ExpirationDateSort, false) || isTrue(r.RegistrationDateSort, false)
	page := wire.Page{PageNum: r.PageNum, PageSize: r.PageSize}
	answer := &wire.QueryAdvancedDomainListResponse{Meta: c.meta(), Paged: paged(page, len(found)), Data: []wire.AdvancedDomainItem{}}
	from, to := bounds(page, len(found))
	for i := from; i < to; i++ {
		at := i
		if descending {
			at = len(found) - 1 - i
		}
		answer.Data = append(answer.Data, s.advancedItem(found[at], c.now))
	}
	return answer, nil
}

func (s *Simulator) setAutoRenew(c *call, r *wire.SetupDomainAutoRenewRequest) (wire.Response, error) {
	d := s.account.byInstance[r.InstanceID]
	if d == nil {
		return nil, errNoDomain
	}
	d.AutoRenew = new(r.Operation == wire.AutoRenewOn)
	return &wire.SetupDomainAutoRenewResponse{Meta: c.meta(), Result: true}, nil
}

// advancedOrder is the key by which names are sorted; those of names and kinds of
// suffix are not imitated.
func advancedOrder(r *wire.QueryAdvancedDomainListRequest) wire.OrderKey {
	switch {
	case r.ExpirationDateSort != nil:
		return wire.ByExpiration
	case r.RegistrationDateSort != nil:
		return wire.ByRegistration
	}
	return ""
}

// listedBy reports whether a filter lets a name through. There are no groups, no
// resource groups and no market of names; what Form means is not documented, and it
// is passed over.
func (s *Simulator) listedBy(d *domain, f *wire.NameFilter, now time.Time) bool {
	label, _, _ := strings.Cut(wire.UnicodeName(d.Name), ".")
	length := len([]rune(label))
	return (f.KeyWord == "" || matchesLabel(label, d.Name, f.KeyWord, f.KeyWordPrefix, f.KeyWordSuffix)) &&
		(f.Excluded == "" || !matchesLabel(label, d.Name, f.Excluded, f.ExcludedPrefix, f.ExcludedSuffix)) &&
		length >= f.StartLength && (f.EndLength == 0 || length <= f.EndLength) &&
		(f.Suffixs == "" || strings.HasSuffix(d.Name, "."+strings.TrimPrefix(f.Suffixs, "."))) &&
		onDays(d.Expires, f.StartExpirationDate, f.EndExpirationDate) &&
		onDays(d.Registered, f.StartRegistrationDate, f.EndRegistrationDate) &&
		(f.ProductDomainType == "" || string(f.ProductDomainType) == kindOf(d.Name)) &&
		(f.DomainStatus == wire.AnyStatus || f.DomainStatus == listedStatus(d, now)) &&
		f.DomainGroupID == 0 && f.ResourceGroupID == "" && f.TradeType <= 0
}

// matchesLabel reports whether a word stands in a name, at the beginning or the end
// of its label where that is asked for.
func matchesLabel(label, name, word string, prefix, suffix *bool) bool {
	switch {
	case isTrue(prefix, false) && isTrue(suffix, false):
		return strings.HasPrefix(label, word) || strings.HasSuffix(label, word)
	case isTrue(prefix, false):
		return strings.HasPrefix(label, word)
	case isTrue(suffix, false):
		return strings.HasSuffix(label, word)
	}
	return strings.Contains(name, word) || strings.Contains(wire.UnicodeName(name), word)
}

// listedStatus is the state of a name in the newer lists: that of its term, unless
// that is normal.
func listedStatus(d *domain, now time.Time) wire.ListedStatus {
	switch st := status(d.Expires, now); {
	case st == wire.NeedsRenewal:
		return wire.ListedNeedsRenewal
	case st == wire.NeedsRedemption:
		return wire.ListedNeedsRedeem
	case d.TransferOut == wire.TransferOutPending:
		return wire.ListedTransferOut
	case d.RegistrantUpdating == wire.UpdatingPending:
		return wire.ListedHolderUpdate
	}
	switch d.RealName {
	case wire.RealNameNone:
		return wire.ListedNotVerified
	case wire.RealNameFailed:
		return wire.ListedVerifyFailed
	case wire.RealNamePending:
		return wire.ListedVerifyPending
	}
	return wire.ListedNormal
}

func (s *Simulator) advancedItem(d *domain, now time.Time) wire.AdvancedDomainItem {
	registrant := d.contact(wire.RegistrantContact)
	item := wire.AdvancedDomainItem{
		DomainItem: s.item(d, now), Email: registrant.Email,
		RegistrantOrganization: registrant.Organization, ZhRegistrantOrganization: registrant.Zh.Organization,
	}
	item.DNSList, item.AutoRenewEnabled, item.Registrar = d.Nameservers, nil, ""
	item.DomainStatus = wire.DomainStatus(string(rune('0' + listedStatus(d, now))))
	return item
}
