package planner

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/clock"
)

// Reader is what a plan asks of the service. It bounds its own rate.
type Reader interface {
	QueryDomainList(context.Context, *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error)
	QueryDomainByDomainName(context.Context, *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error)
	QueryDnsHost(context.Context, *wire.QueryDnsHostRequest) (*wire.QueryDnsHostResponse, error)
	QueryContactInfo(context.Context, *wire.QueryContactInfoRequest) (*wire.QueryContactInfoResponse, error)
	ListEmailVerification(context.Context, *wire.ListEmailVerificationRequest) (*wire.ListEmailVerificationResponse, error)
	QueryDSRecord(context.Context, *wire.QueryDSRecordRequest) (*wire.QueryDSRecordResponse, error)
	QueryEnsAssociation(context.Context, *wire.QueryEnsAssociationRequest) (*wire.QueryEnsAssociationResponse, error)
	CheckDomain(context.Context, *wire.CheckDomainRequest) (*wire.CheckDomainResponse, error)
	QueryRegistrantProfiles(context.Context, *wire.QueryRegistrantProfilesRequest) (*wire.QueryRegistrantProfilesResponse, error)
	QueryTransferInList(context.Context, *wire.QueryTransferInListRequest) (*wire.QueryTransferInListResponse, error)
	QueryArtExtension(context.Context, *wire.QueryArtExtensionRequest) (*wire.QueryArtExtensionResponse, error)
}

// FetchOptions say how the account is read.
type FetchOptions struct {
	// Endpoint is noted in the state.
	Endpoint string
	// Account is the account that the credentials must belong to; "": any.
	Account string
	// Only limits the reads to some names; the list is read whole.
	Only Selection
	// Known is what an earlier reading of the account found out: [FetchAll] does
	// not ask for it again. Nil: nothing.
	Known *Live
	// PageSize is the number of entries in a page of the lists for which the
	// service states no most; 0: that of [config.DefaultRefresh].
	PageSize int
	// Parallel is the most reads under way at once; 0: 64.
	Parallel int
	// Clock tells when the account was read; the zero value is the system's.
	Clock clock.Clock
	// Progress is told how many of the reads of a phase are done. It is called
	// from one goroutine at a time.
	Progress func(done, all int)
}

// AccountError says that the credentials belong to another account than the
// files or the state directory.
type AccountError struct{ Want, Got string }

// Error names both accounts.
func (e *AccountError) Error() string {
	return fmt.Sprintf("these credentials belong to account %s, not to %s: choose the credentials of that account, or another directory", e.Got, e.Want)
}

// Fetch reads what a plan of the portfolio needs and nothing else. First the
// list of names and what the declared attributes are observed in; then, for
// the names that would change, what makes the change safe.
//
// A read that fails is noted in the state's Failures. Fetch itself fails where
// nothing can be said: no list, no permission, another account.
func Fetch(ctx context.Context, r Reader, p *config.Portfolio, opts FetchOptions) (*Live, error) {
	f := newFetcher(r, opts)
	live, err := f.list(ctx)
	if err != nil {
		return nil, err
	}
	return live, f.needed(ctx, p, live)
}

// FetchSome reads what a plan of some names needs, which are canonical, and no
// other names. It says of an account what [Fetch] does of it with these names
// selected, save what takes all names to know: which of them use a host.
func FetchSome(ctx context.Context, r Reader, p *config.Portfolio, names []string, opts FetchOptions) (*Live, error) {
	opts.Only = SelectNames(names)
	f := newFetcher(r, opts)
	live, err := f.entries(ctx, names)
	if err != nil {
		return nil, err
	}
	above := parentsInOrders(p, f.Only, func(name string) bool { return live.Domain(name) == nil })
	above = slices.DeleteFunc(above, f.Only.Has)
	others, err := f.entries(ctx, above)
	if err != nil {
		return nil, err
	}
	live.Domains = append(live.Domains, others.Domains...)
	live.Sort()
	return live, f.needed(ctx, p, live)
}

// needed reads what a plan needs beside the list of names.
func (f *fetcher) needed(ctx context.Context, p *config.Portfolio, live *Live) error {
	f.askIn(p.Budget)
	if f.lacks(p, live) {
		if err := f.transfersIn(ctx, live); err != nil {
			return err
		}
	}
	if err := f.offers(ctx, p, live); err != nil {
		return err
	}
	if err := f.readAll(ctx, live, f.hostsForOrders(p, live, f.needs(p, live, declaredFacts))); err != nil {
		return err
	}
	if err := f.ofAccount(ctx, p, live); err != nil {
		return err
	}
	if err := f.readAll(ctx, live, f.needs(p, live, safetyFacts)); err != nil {
		return err
	}
	if err := f.readAll(ctx, live, f.ownersUnread(p, live)); err != nil {
		return err
	}
	if f.countsDependants(p, live) {
		if err := f.readAll(ctx, live, all(live, snapshot.Nameservers)); err != nil {
			return err
		}
	}
	return f.identify(ctx, live, p)
}

// ofAccount reads what the declared attributes of the account are observed in,
// and the registrant profiles that names refer to.
func (f *fetcher) ofAccount(ctx context.Context, p *config.Portfolio, live *Live) error {
	var facts snapshot.Facts
	for i := range p.Declared {
		if a := p.Declared[i].Attribute; f.Only.Has("") || a.Name == attr.RegistrantProfile && refersToProfile(p, f.Only) {
			facts |= a.Facts
		}
	}
	if facts == 0 {
		return nil
	}
	if err := f.identify(ctx, live, p); err != nil {
		return err
	}
	return f.readAccount(ctx, live, facts)
}

// refersToProfile reports whether a contact of a selected name is a registrant
// profile.
func refersToProfile(p *config.Portfolio, only Selection) bool {
	return slices.ContainsFunc(p.Domains, func(d config.Domain) bool {
		return only.Has(d.Name) && slices.ContainsFunc(d.Declared, func(x config.Declared) bool {
			c, ok := x.Value.(attr.Contact)
			return ok && c[attr.RegistrantProfile] != ""
		})
	})
}

// FetchAll reads the facts of every name that the account holds, and, where
// there are facts to read, which others are on their way into it. With an error
// it returns what it has read so far, nil where that is nothing.
func FetchAll(ctx context.Context, r Reader, facts snapshot.Facts, opts FetchOptions) (*Live, error) {
	f := newFetcher(r, opts)
	live, err := f.list(ctx)
	if err != nil {
		return nil, err
	}
	takeOver(live, f.Known)
	if facts&^snapshot.Listed != 0 {
		if err := f.transfersIn(ctx, live); err != nil {
			return live, err
		}
	}
	if err := f.readAll(ctx, live, all(live, facts)); err != nil {
		return live, err
	}
	return live, f.identify(ctx, live, new(config.Portfolio))
}

// takeOver gives names that are the same ones as before what was known of them;
// what the list has just told stays.
func takeOver(live, known *Live) {
	if known == nil {
		return
	}
	for i := range live.Domains {
		d := &live.Domains[i]
		k := known.Domain(d.Name)
		if k == nil || k.InstanceID != d.InstanceID {
			continue
		}
		listed := *d
		*d = *k
		d.ExpiresUnclear = listed.ExpiresUnclear
		d.Registered, d.Expires, d.Status, d.Premium, d.RealName = listed.Registered, listed.Expires, listed.Status, listed.Premium, listed.RealName
		if listed.Nameservers != nil {
			d.Nameservers = listed.Nameservers
		}
	}
}

// all asks for the facts of every name, as far as names of its suffix have them.
func all(live *Live, facts snapshot.Facts) []need {
	needs := make([]need, 0, len(live.Domains))
	for i := range live.Domains {
		d := &live.Domains[i]
		if n := attr.FactsOf(d.Name, facts); !live.Knows(d, n) {
			needs = append(needs, need{d, n})
		}
	}
	return needs
}

// countsDependants reports whether it matters which names of the account delegate
// to some host: one that would go, or one that would change where the files
// limit how many names that may concern.
func (f *fetcher) countsDependants(p *config.Portfolio, live *Live) bool {
	hosts, policy := attr.Lookup(attr.GlueHosts), p.Policy()
	for i := range p.Domains {
		want := &p.Domains[i]
		v := want.Value(attr.GlueHosts)
		if v == nil || !f.Only.Has(want.Name) {
			continue
		}
		d := live.Domain(want.Name)
		if d == nil || !d.Has(hosts.Facts) {
			continue
		}
		changes := hosts.Changes(inputOf(policy, live, want, v, d))
		if slices.ContainsFunc(changes, func(c attr.Change) bool {
			return c.Action == attr.Delete || c.Action == attr.Update && p.Guard.MaxDelegations != nil
		}) {
			return true
		}
	}
	return false
}

// FetchNames reads facts of some names without the list, of each its own: a name
// that the account does not hold is a failure. "" is the account itself.
func FetchNames(ctx context.Context, r Reader, facts map[string]snapshot.Facts, opts FetchOptions) (*Live, error) {
	f := newFetcher(r, opts)
	live := f.empty()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(facts)), func(name string) bool { return name == "" })
	live.Domains = make([]snapshot.Domain, len(names))
	all := make([]need, len(names))
	for i, name := range names {
		live.Domains[i].Name, live.Domains[i].PremiumUnknown = name, true
		all[i] = need{&live.Domains[i], attr.FactsOf(name, facts[name])}
	}
	if err := f.readAll(ctx, live, all); err != nil {
		return live, err
	}
	return live, f.readAccount(ctx, live, facts[""])
}

// Identify returns the account that the credentials belong to, "" where it
// holds no name that could tell.
func Identify(ctx context.Context, r Reader) (string, error) {
	req := &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}
	resp, err := r.QueryDomainList(ctx, req)
	if err != nil || len(resp.Data) == 0 {
		return "", err
	}
	info, err := r.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: resp.Data[0].DomainName})
	if err != nil {
		return "", err
	}
	return info.UserID, nil
}

// need is facts to be read of one name.
type need struct {
	domain *snapshot.Domain
	facts  snapshot.Facts
}

// needs returns what the attributes of declared names still ask for.
func (f *fetcher) needs(p *config.Portfolio, live *Live, facts func(attr.Policy, *Live, *config.Domain, *snapshot.Domain) snapshot.Facts) []need {
	var all []need
	policy := p.Policy()
	rest := live.Domains
	for i := range p.Domains {
		want := &p.Domains[i]
		for len(rest) > 0 && rest[0].Name < want.Name {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			break
		}
		if rest[0].Name != want.Name || !f.Only.Has(want.Name) {
			continue
		}
		if n := facts(policy, live, want, &rest[0]); n != 0 && !live.Knows(&rest[0], n) {
			all = append(all, need{&rest[0], n})
		}
	}
	return all
}

// declaredFacts are what the declared attributes are observed in.
func declaredFacts(_ attr.Policy, _ *Live, want *config.Domain, _ *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		f |= want.Declared[i].Attribute.Facts
	}
	return f
}

// safetyFacts are what the changes of a name must know. What could not be
// observed does not change and asks for nothing.
func safetyFacts(policy attr.Policy, live *Live, want *config.Domain, d *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		a := want.Declared[i].Attribute
		if a.Safety == nil || !live.Knows(d, a.Facts) {
			continue
		}
		if in := inputOf(policy, live, want, want.Declared[i].Value, d); len(a.Changes(in)) > 0 {
			f |= a.Safety(in)
		}
	}
	return f
}

// hostsForOrders adds the hosts of the names that the nameservers belong to which
// orders may carry.
func (f *fetcher) hostsForOrders(p *config.Portfolio, live *Live, all []need) []need {
	asked := make(map[*snapshot.Domain]int)
	for i := range all {
		asked[all[i].domain] = i
	}
	for _, name := range parentsInOrders(p, f.Only, func(name string) bool { return absent(live, name) != nil }) {
		d := live.Domain(name)
		if d == nil || d.Has(snapshot.Hosts) {
			continue
		}
		if i, ok := asked[d]; ok {
			all[i].facts |= snapshot.Hosts
		} else {
			all = append(all, need{d, snapshot.Hosts})
		}
	}
	return all
}

// inputOf is what the changes of one attribute of one name follow from, as far
// as the files and the live state tell.
func inputOf(policy attr.Policy, live *Live, want *config.Domain, v attr.Value, d *snapshot.Domain) attr.Input {
	return attr.Input{
		Name: want.Name, Desired: v, Live: d, Settings: want.Settings, Policy: policy, Account: live,
		Declares: want.Declares, Now: live.ReadAt,
	}
}
