package reader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

const defaultParallel = 64

// fetcher reads an account. Reads run side by side; the reader's limits pace them.
type fetcher struct {
	Options
	r Service

	mu   sync.Mutex // guards Progress and what the reads of one call have in common
	done int
	// kinds are those of the registrants whose contact is yet to be read, which
	// does not tell it; nil: none will be.
	kinds map[*snapshot.Domain]wire.RegistrantType
	// failures are the facts of each name that were asked for in vain: a fact is
	// asked for once.
	failures map[string]snapshot.Facts
	years    map[string]int // of the names to register
	// currency is that in which prices are asked for.
	currency wire.FeeCurrency
}

func newFetcher(r Service, opts Options) *fetcher {
	if opts.PageSize == 0 {
		opts.PageSize = config.DefaultRefresh().PageSize
	}
	if opts.Parallel == 0 {
		opts.Parallel = defaultParallel
	}
	return &fetcher{Options: opts, r: r, currency: wire.USD}
}

func (f *fetcher) empty() *planner.Live {
	return &planner.Live{
		FormatVersion: snapshot.FormatVersion, Endpoint: f.Endpoint,
		ReadAt: f.Clock.Now().UTC().Truncate(time.Second), Domains: []snapshot.Domain{},
	}
}

func (f *fetcher) fromItems(items []wire.DomainItem) *planner.Live {
	live := f.empty()
	live.Domains = make([]snapshot.Domain, len(items))
	for i := range items {
		it := &items[i]
		live.Domains[i] = snapshot.Domain{
			Name: it.DomainName, InstanceID: it.InstanceID, Status: it.DomainStatus,
			Registered: it.Registered(), Premium: it.Premium, PremiumUnknown: it.Lacks.Has("Premium"),
			RealName:    it.DomainAuditStatus,
			Nameservers: hostSet(it.DNSList),
		}
		noteExpiry(&live.Domains[i], it)
	}
	live.Sort()
	return live
}

// noteExpiry takes in when a name expires by its entry in the list. A text of
// two readings is good for a warning, and money needs the exact time.
func noteExpiry(d *snapshot.Domain, it *wire.DomainItem) {
	at := it.ExpiresAt()
	_, exact := at.Exact()
	if !at.IsZero() && (exact || d.Expires.IsZero() || d.ExpiresUnclear) {
		d.Expires, d.ExpiresUnclear = at.First, !exact
	}
}

// readAll reads what is needed and not yet known. The first answer tells the
// account; no other call is made where it is the wrong one.
func (f *fetcher) readAll(ctx context.Context, live *planner.Live, all []planner.Need) error {
	f.done = 0
	whole := f.expect(all)
	if len(all) > 0 && live.ID == "" {
		if err := f.readOne(ctx, live, all[0], len(all)); err != nil {
			return err
		}
		all = all[1:]
	}
	p := pool.New().WithMaxGoroutines(f.Parallel).WithContext(ctx).WithCancelOnError().WithFirstError()
	for _, n := range all {
		p.Go(func(ctx context.Context) error { return f.readOne(ctx, live, n, len(all)) })
	}
	err := p.Wait()
	if err == nil {
		err = f.readAccount(ctx, live, whole)
	}
	live.Sort()
	return err
}

// expect returns what is needed of the account as a whole, and prepares for
// what needs two reads.
func (f *fetcher) expect(all []planner.Need) (whole snapshot.Facts) {
	for i := range all {
		whole |= all[i].Facts & snapshot.OfAccount
		if all[i].Facts&snapshot.RegistrantContact != 0 && f.kinds == nil {
			f.kinds = make(map[*snapshot.Domain]wire.RegistrantType)
		}
	}
	return whole
}

// readOne reads the facts of one name. It fails only where no other read can
// succeed either.
func (f *fetcher) readOne(ctx context.Context, live *planner.Live, n planner.Need, all int) error {
	for _, r := range reads {
		if wanted := n.Facts & r.facts &^ f.inVain(n.Domain.Name); wanted == 0 || n.Domain.Has(wanted) {
			continue
		}
		lacks, err := r.do(f, ctx, live, n.Domain)
		if err == nil {
			f.incomplete(live, n, r, lacks)
		} else if err := f.failed(ctx, live, n, r, err); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done++
	if f.Progress != nil {
		f.Progress(f.done, all)
	}
	return nil
}

// inVain returns the facts of a name that were asked for and not told.
func (f *fetcher) inVain(name string) snapshot.Facts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures[name]
}

// read is a call that tells facts of one name.
type read struct {
	operation string
	facts     snapshot.Facts
	do        func(f *fetcher, ctx context.Context, live *planner.Live, d *snapshot.Domain) (wire.Lacks, error)
}

// infoFacts are what QueryDomainByDomainName tells.
const infoFacts = snapshot.Nameservers | snapshot.TransferLock | snapshot.UpdateLock | snapshot.Privacy | snapshot.Expiry |
	snapshot.TransferOut | snapshot.Holder | snapshot.PriceKind

// reads are all calls that tell facts of one name.
var reads = []read{
	{"QueryDomainByDomainName", infoFacts, (*fetcher).info},
	{"QueryDomainByDomainName", snapshot.Presence, (*fetcher).presence},
	contactRead(wire.RegistrantContact),
	contactRead(wire.AdminContact),
	contactRead(wire.BillingContact),
	contactRead(wire.TechContact),
	{"QueryDomainList", snapshot.Status, (*fetcher).listed},
	{"CheckDomain", snapshot.Quoted, (*fetcher).quote},
	{"QueryDSRecord", snapshot.DSRecords, (*fetcher).dsRecords},
	{"QueryDnsHost", snapshot.Hosts, (*fetcher).hosts},
	{"QueryEnsAssociation", snapshot.Wallet, (*fetcher).wallet},
	{"QueryArtExtension", snapshot.Artwork, (*fetcher).artwork},
}

// info reads the facts of a name. One that the answer does not tell stays as the
// list told it, or is unknown.
func (f *fetcher) info(ctx context.Context, live *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	resp, err := f.r.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	if err := f.account(live, resp.UserID); err != nil {
		return nil, err
	}
	if resp.DNSList != nil {
		d.Nameservers = sorted(resp.DNSList)
	}
	d.TransferLock, d.UpdateLock = resp.TransferProhibitionLock, resp.UpdateProhibitionLock
	d.TransferOut, d.RegistrantUpdating = resp.TransferOutStatus, resp.RegistrantUpdatingStatus
	if !resp.Lacks.Has("DomainNameProxyService") {
		d.Privacy = &resp.DomainNameProxyService
	}
	if d.PremiumUnknown || d.InstanceID == "" {
		d.Premium, d.PremiumUnknown = resp.Premium, resp.Lacks.Has("Premium")
	}
	d.InstanceID = cmp.Or(d.InstanceID, resp.InstanceID)
	if d.Registered.IsZero() {
		d.Registered = resp.Registered()
	}
	if at := resp.Expires(); !at.IsZero() && (d.Expires.IsZero() || d.ExpiresUnclear) {
		d.Expires, d.ExpiresUnclear = at, false
	}
	d.EmailHold = resp.EmailVerificationClientHold
	if resp.RealNameStatus != "" {
		d.RealName = resp.RealNameStatus
	}
	if d.RealName.Passed() {
		d.RealName = wire.RealNamePassed
	}
	f.noteKind(d, resp.RegistrantType)
	return resp.Lacks, nil
}

// members are the members of answers that tell facts, where these are known from
// the value alone.
var members = []struct {
	fact   snapshot.Facts
	member string
}{
	{snapshot.Nameservers, "DnsList"},
	{snapshot.TransferLock, "TransferProhibitionLock"},
	{snapshot.UpdateLock, "UpdateProhibitionLock"},
	{snapshot.Privacy, "DomainNameProxyService"},
	{snapshot.Expiry, "ExpirationDate"},
	{snapshot.TransferOut, "TransferOutStatus"},
	{snapshot.Holder, "RegistrantUpdatingStatus"},
	{snapshot.PriceKind, "Premium"},
	{snapshot.Presence, "InstanceId"},
	{snapshot.Status, "DomainStatus"},
}

// untold says which of the facts an answer does not tell.
func untold(facts snapshot.Facts, lacks wire.Lacks) string {
	var missing []string
	for _, m := range members {
		if facts&m.fact != 0 {
			missing = append(missing, m.member)
		}
	}
	return lacks.Why(missing...)
}

// listed reads the entry of one name in the list, which alone tells its status.
func (f *fetcher) listed(ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	it, err := f.entry(ctx, d.Name)
	if err == nil && it == nil {
		err = fmt.Errorf("the account's list lacks %s", d.Name)
	}
	if err != nil {
		return nil, err
	}
	d.Status = it.DomainStatus
	noteExpiry(d, it)
	if !it.Lacks.Has("Premium") {
		d.Premium, d.PremiumUnknown = it.Premium, false
	}
	return it.Lacks, nil
}

// entry returns the entry of one name in the list, nil for none. The filter may
// let other names through.
func (f *fetcher) entry(ctx context.Context, name string) (*wire.DomainItem, error) {
	req := &wire.QueryDomainListRequest{Page: wire.Page{PageSize: f.PageSize}, DomainName: wire.UnicodeName(name)}
	var found *wire.DomainItem
	err := eachPage(ctx, req, f.r.QueryDomainList, func(page *wire.QueryDomainListResponse) bool {
		for i := range page.Data {
			if page.Data[i].DomainName == name {
				found = &page.Data[i]
			}
		}
		return found != nil
	})
	return found, err
}

// entries reads the entries of some names in the list.
func (f *fetcher) entries(ctx context.Context, names []string) (*planner.Live, error) {
	p := pool.NewWithResults[*wire.DomainItem]().WithMaxGoroutines(f.Parallel).WithContext(ctx).WithCancelOnError().WithFirstError()
	for _, name := range names {
		p.Go(func(ctx context.Context) (*wire.DomainItem, error) { return f.entry(ctx, name) })
	}
	found, err := p.Wait()
	if err != nil {
		return nil, fmt.Errorf("the list of names could not be read: %w", err)
	}
	var items []wire.DomainItem
	for _, it := range found {
		if it != nil {
			items = append(items, *it)
		}
	}
	return f.fromItems(items), nil
}

func (f *fetcher) dsRecords(ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	resp, err := f.r.QueryDSRecord(ctx, &wire.QueryDSRecordRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	d.DSRecords = make([]snapshot.DSRecord, len(resp.DSRecordList))
	for i, r := range resp.DSRecordList {
		d.DSRecords[i] = snapshot.DSRecord{
			KeyTag: r.KeyTag, Algorithm: int(r.Algorithm), DigestType: int(r.DigestType), Digest: strings.ToUpper(strings.Join(strings.Fields(r.Digest), "")),
		}
	}
	return nil, nil
}

// hosts asks by instance, which the list tells; without the list the name's
// facts tell it first.
func (f *fetcher) hosts(ctx context.Context, live *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	if d.InstanceID == "" {
		lacks, err := f.info(ctx, live, d)
		if err != nil {
			return nil, err
		}
		if d.InstanceID == "" {
			return nil, errors.New("QueryDomainByDomainName: " + lacks.Why("InstanceId"))
		}
	}
	resp, err := f.r.QueryDnsHost(ctx, &wire.QueryDnsHostRequest{InstanceID: d.InstanceID})
	if err != nil {
		return nil, err
	}
	d.Hosts = make([]snapshot.Host, len(resp.DNSHostList))
	for i, h := range resp.DNSHostList {
		d.Hosts[i] = attr.Host(h.DNSName, d.Name, h.IPList)
	}
	slices.SortFunc(d.Hosts, func(x, y snapshot.Host) int { return strings.Compare(x.Name, y.Name) })
	return nil, nil
}

// wallet asks the Ethereum Name Service itself: what the service has in its own
// books may be out of date.
func (f *fetcher) wallet(ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	resp, err := f.r.QueryEnsAssociation(ctx, &wire.QueryEnsAssociationRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	d.ENSAddress = &resp.Address
	return nil, nil
}

func (f *fetcher) artwork(ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
	resp, err := f.r.QueryArtExtension(ctx, &wire.QueryArtExtensionRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	if len(resp.Lacks) > 0 {
		return nil, errors.New(resp.Lacks.Why(resp.Lacks[0].Member))
	}
	d.Art = new(snapshot.Art(resp.ArtExtension))
	return nil, nil
}

// noteKind keeps what kind of registrant a name has for the contact.
func (f *fetcher) noteKind(d *snapshot.Domain, kind wire.RegistrantType) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds != nil {
		f.kinds[d] = kind
	}
}

// contactRead is the call that tells a contact of a name.
func contactRead(role wire.ContactType) read {
	return read{"QueryContactInfo", snapshot.ContactFacts[role], func(f *fetcher, ctx context.Context, _ *planner.Live, d *snapshot.Domain) (wire.Lacks, error) {
		resp, err := f.r.QueryContactInfo(ctx, &wire.QueryContactInfoRequest{DomainName: d.Name, ContactType: role})
		if err != nil {
			return nil, err
		}
		untold, others := leftOut(resp.Lacks)
		if len(others) > 0 {
			return nil, errors.New(resp.Lacks.Why(others[0].Member))
		}
		var kind wire.RegistrantType
		var told bool
		if role == wire.RegistrantContact {
			f.mu.Lock()
			kind, told = f.kinds[d]
			f.mu.Unlock()
			if told && kind == "" {
				return nil, errors.New("QueryDomainByDomainName: " + wire.Lacks(nil).Why("RegistrantType"))
			}
		}
		if d.Contacts == nil {
			d.Contacts = make(map[wire.ContactType]snapshot.Contact)
		}
		contact := snapshot.NewContact(kind, resp.Contact, resp.ZhContact).Canonical()
		contact.Untold = untold
		d.Contacts[role] = contact
		return nil, nil
	}}
}

// maybeUntold are the members of a contact that answers may leave out, by the
// names that files give them.
var maybeUntold = map[string]string{
	"TelExt": "phone_extension", "ZhRegistrantOrganization": "zh_organization", "ZhRegistrantName": "zh_name",
	"ZhProvince": "zh_province", "ZhCity": "zh_city", "ZhAddress": "zh_address",
}

// leftOut returns which of the members that answers may leave out are, as
// [snapshot.Contact.Untold] has them, and what else is not told or understood.
func leftOut(lacks wire.Lacks) (untold string, others wire.Lacks) {
	var names []string
	for _, x := range lacks {
		if name := maybeUntold[x.Member]; name != "" && x.Problem == "" {
			names = append(names, name)
		} else {
			others = append(others, x)
		}
	}
	return strings.Join(names, " "), others
}

// stops reports whether an error says that all other reads will fail, too.
func stops(ctx context.Context, err error) bool {
	_, other := errors.AsType[*AccountError](err)
	return other || wire.StopsOperation(err) || ctx.Err() != nil
}

// incomplete notes facts that were asked for and that an answer does not tell.
func (f *fetcher) incomplete(live *planner.Live, n planner.Need, r read, lacks wire.Lacks) {
	if missing := live.Lacks(n.Domain, n.Facts&r.facts); missing != 0 {
		f.note(live, n.Domain.Name, missing, r.operation, errors.New(untold(missing, lacks)))
	}
}

// failed notes a read that failed, or returns the error where it says that all
// others will fail, too.
func (f *fetcher) failed(ctx context.Context, live *planner.Live, n planner.Need, r read, err error) error {
	if stops(ctx, err) {
		return err
	}
	f.note(live, n.Domain.Name, n.Facts&r.facts, r.operation, err)
	return nil
}

// note records a read that failed.
func (f *fetcher) note(live *planner.Live, name string, facts snapshot.Facts, operation string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures == nil {
		f.failures = make(map[string]snapshot.Facts)
	}
	f.failures[name] |= facts
	live.Failures = append(live.Failures, snapshot.Failure{
		Domain: name, Facts: facts, Operation: operation, Message: wire.Reason(err), RequestID: wire.RequestIDOf(err),
		AbsentList: errors.Is(err, wire.ErrListAbsent),
	})
}

// account notes the account that an answer names, and refuses another.
func (f *fetcher) account(live *planner.Live, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if live.ID == "" {
		live.ID = id
	}
	for _, want := range []string{f.Account, live.ID} {
		if id != "" && want != "" && id != want {
			return &AccountError{Want: want, Got: id}
		}
	}
	return nil
}

// identify asks for the account where no read has told it yet: by a name of
// which more may be asked later.
func (f *fetcher) identify(ctx context.Context, live *planner.Live, p *config.Portfolio) error {
	if live.ID != "" || len(live.Domains) == 0 {
		return nil
	}
	d := &live.Domains[0]
	if i := slices.IndexFunc(p.Domains, func(want config.Domain) bool { return f.Only.Has(want.Name) && live.Domain(want.Name) != nil }); i >= 0 {
		d = live.Domain(p.Domains[i].Name)
	}
	_, err := f.info(ctx, live, d)
	if _, other := errors.AsType[*AccountError](err); err != nil && !other {
		return fmt.Errorf("the account could not be identified: %w", err)
	}
	return err
}

// hostSet sorts the host names of a row of the list. None is "not read": a list
// that shows nameservers at all need not do so of every name.
func hostSet(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return sorted(names)
}

// sorted returns host names sorted, each of them once.
func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
