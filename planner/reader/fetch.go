// Package reader reads what a plan needs of an account: what the service says,
// as the plain data that plans follow from.
package reader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

// Service is what is asked for a plan. It bounds its own rate.
type Service interface {
	QueryDomainList(context.Context, *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error)
	ScrollDomainList(context.Context, *wire.ScrollDomainListRequest) (*wire.ScrollDomainListResponse, error)
	QueryDomainByDomainName(context.Context, *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error)
	QueryDnsHost(context.Context, *wire.QueryDnsHostRequest) (*wire.QueryDnsHostResponse, error)
	QueryContactInfo(context.Context, *wire.QueryContactInfoRequest) (*wire.QueryContactInfoResponse, error)
	ListEmailVerification(context.Context, *wire.ListEmailVerificationRequest) (*wire.ListEmailVerificationResponse, error)
	QueryDSRecord(context.Context, *wire.QueryDSRecordRequest) (*wire.QueryDSRecordResponse, error)
	QueryEnsAssociation(context.Context, *wire.QueryEnsAssociationRequest) (*wire.QueryEnsAssociationResponse, error)
	QueryDomainRealTimePrice(context.Context, *wire.QueryDomainRealTimePriceRequest) (*wire.QueryDomainRealTimePriceResponse, error)
	CheckDomain(context.Context, *wire.CheckDomainRequest) (*wire.CheckDomainResponse, error)
	QueryRegistrantProfiles(context.Context, *wire.QueryRegistrantProfilesRequest) (*wire.QueryRegistrantProfilesResponse, error)
	QueryTransferInList(context.Context, *wire.QueryTransferInListRequest) (*wire.QueryTransferInListResponse, error)
	ListServerLock(context.Context, *wire.ListServerLockRequest) (*wire.ListServerLockResponse, error)
	QueryArtExtension(context.Context, *wire.QueryArtExtensionRequest) (*wire.QueryArtExtensionResponse, error)
}

// Options say how the account is read.
type Options struct {
	// Endpoint is noted in the state.
	Endpoint string
	// Account is the account that the credentials must belong to; "": any.
	Account string
	// Only limits the reads to some names; the list is read whole.
	Only planner.Selection
	// Known is what an earlier reading of the account found out: [FetchAll] does
	// not ask for it again. Nil: nothing.
	Known *planner.Live
	// Optional knows which optional operations the service lacks, and learns it.
	// Nil: nothing is known, and nothing kept.
	Optional *Optional
	// Earlier says what may be known from before, and is not read again; nil: nothing.
	Earlier *Earlier
	// RegistryLocks are those that this run was told already; nil: the service is asked.
	RegistryLocks []snapshot.RegistryLock
	// Held are the names that the account was seen to hold before; nil: nobody knows.
	Held *Held
	// Keeper is given what is read; nil: nobody keeps it.
	Keeper *Keeper
	// PageSize is the number of entries in a page of the lists for which the
	// service states no most; 0: that of [config.DefaultRefresh].
	PageSize int
	// Parallel is the most reads under way at once; 0: 64.
	Parallel int
	// Clock tells when the account was read; the zero value is the system's.
	Clock clock.Clock
	// Others reads the tasks of others where plans ask for them; nil: nothing is
	// asked, for nobody knows which tasks are one's own.
	Others Others
	// History is what the journal tells the plan that is read for: what it holds
	// back needs less to be known.
	History planner.History
	// Undo is what the plan takes back that is read for; nil: it is of the files.
	Undo *planner.Undo
	// Limits are those of the service's calls, by which forecasts go.
	Limits config.Limits
	// Names is how many names the account has, as it was last heard; 0: nobody knows.
	Names int
	// Foresee is told what the reading is expected to take, before anything is read,
	// and again where that turns out to be much more or less; nil: nobody is.
	Foresee func(Forecast)
	// Transfers are names to be transferred into the account: then it is read for a
	// plan of these. Feasible asks whether one can be, which takes its transfer key,
	// and returns why it cannot, "" where it can.
	Transfers []attr.Transfer
	Feasible  func(ctx context.Context, name string) (refusal string, err error)
	// Progress is told how far the reads of a phase are. It is called from one
	// goroutine at a time.
	Progress func(Progress)
}

// Others reads what somebody else has the service do: the caller knows which tasks
// are its own.
type Others interface {
	Tasks(ctx context.Context) (*snapshot.Tasks, error)
	Orders(ctx context.Context, since time.Time) ([]snapshot.Order, error)
}

// AccountError says that the credentials belong to another account than the
// files or the state directory.
type AccountError struct{ Want, Got string }

// Error names both accounts.
func (e *AccountError) Error() string {
	return fmt.Sprintf("these credentials belong to account %s, not to %s: choose the credentials of that account, or another directory", e.Got, e.Want)
}

// Fetch reads what a plan of the portfolio needs and nothing else: first the
// list of names, then what [planner.Needs] asks for until it asks for no more.
//
// A read that fails is noted in the state's Failures. Fetch itself fails where
// nothing can be said: no list, no permission, another account.
func Fetch(ctx context.Context, r Service, p *config.Portfolio, opts Options) (*planner.Live, error) {
	f := newFetcher(r, opts)
	f.foreseeAll(p)
	if err := f.list(ctx); err != nil {
		return nil, err
	}
	if err := f.stand(ctx, p); err != nil {
		return nil, err
	}
	if err := f.findLeft(ctx, func(name string) bool { return p.Domain(name) != nil }); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(p.Domains, func(d config.Domain) bool { return f.live.Domain(d.Name) != nil }) {
		f.registryLocks(ctx)
	}
	err := f.needed(ctx, p)
	f.keep(ctx, err == nil)
	return f.live, err
}

// FetchSome reads what a plan of some names needs, which are canonical, and no
// other names. It says of an account what [Fetch] does of it with these names
// selected, save what takes all names to know: which of them use a host.
func FetchSome(ctx context.Context, r Service, p *config.Portfolio, names []string, opts Options) (*planner.Live, error) {
	opts.Only = planner.SelectNames(names)
	f := newFetcher(r, opts)
	f.lookedUp = make(map[string]bool)
	if err := f.entries(ctx, names); err != nil {
		return nil, err
	}
	return f.live, f.needed(ctx, p)
}

// FetchAll reads the facts of every name that the account holds, or of those that are
// selected, and, where there are facts to read, which others are on their way into it. With an error
// it returns what it has read so far, nil where that is nothing.
func FetchAll(ctx context.Context, r Service, facts snapshot.Facts, opts Options) (*planner.Live, error) {
	f := newFetcher(r, opts)
	if err := f.list(ctx); err != nil {
		return nil, err
	}
	if err := f.stand(ctx, new(config.Portfolio)); err != nil {
		return nil, err
	}
	if err := f.findLeft(ctx, func(string) bool { return true }); err != nil {
		return nil, err
	}
	live := f.live
	takeOver(live, f.Known)
	if facts&^snapshot.Listed != 0 {
		if err := f.transfersIn(ctx); err != nil {
			return live, err
		}
		f.registryLocks(ctx)
	}
	all := f.lacking(facts &^ snapshot.AutoRenew) // the list has told it, or does not tell it
	f.foreseeReads(all)
	f.scrollFor(ctx, all)
	if err := f.readAll(ctx, all); err != nil {
		return live, err
	}
	return live, f.identify(ctx, new(config.Portfolio))
}

// takeOver gives names that are the same ones as before what was known of them;
// what the list has just told stays.
func takeOver(live, known *planner.Live) {
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
		if listed.AutoRenew != nil {
			d.AutoRenew = listed.AutoRenew
		}
		if listed.Nameservers != nil {
			d.Nameservers = listed.Nameservers
		}
		d.FromList, d.FromScroll = listed.FromList, listed.FromScroll
	}
}

// FetchRows reads a list of all names once, by the operation that lists them, and
// tells what its rows say of the names that are wanted, some at a time, sorted, from
// one goroutine at a time. About so many names are expected. Where the list shifts
// meanwhile it tells of a name twice, or not at all: what it tells of a name is true
// of that name all the same.
func FetchRows(ctx context.Context, r Service, operation string, names int, wanted func(name string) bool, opts Options, take func([]snapshot.Domain)) error {
	f := newFetcher(r, opts)
	if operation == scrolled.operation {
		return f.scroll(ctx, names, func(it *wire.AdvancedDomainItem) {
			if wanted(it.DomainName) {
				take([]snapshot.Domain{listedDomain(&it.DomainItem)})
			}
		})
	}
	_, err := f.listOnce(ctx, func(page []wire.DomainItem) {
		var rows []snapshot.Domain
		for i := range page {
			if wanted(page[i].DomainName) {
				rows = append(rows, listedDomain(&page[i]))
			}
		}
		slices.SortFunc(rows, func(a, b snapshot.Domain) int { return strings.Compare(a.Name, b.Name) })
		take(rows)
	})
	return err
}

// FetchNames reads facts of some names without the list, of each its own: a name
// that the account does not hold is a failure. "" is the account itself.
func FetchNames(ctx context.Context, r Service, facts map[string]snapshot.Facts, opts Options) (*planner.Live, error) {
	f := newFetcher(r, opts)
	f.begin()
	live := f.live
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(facts)), func(name string) bool { return name == "" })
	live.Domains = make([]snapshot.Domain, len(names))
	all := make([]need, len(names))
	for i, name := range names {
		live.Domains[i].Name, live.Domains[i].PremiumUnknown = name, true
		all[i] = need{&live.Domains[i], attr.FactsOf(name, facts[name])}
	}
	if err := f.readAll(ctx, all); err != nil {
		return live, err
	}
	return live, f.readAccount(ctx, facts[""])
}

// Identify returns the account that the credentials belong to, "" where it
// holds no name that could tell, and how many names the service says it holds.
func Identify(ctx context.Context, r Service) (account string, names int, err error) {
	req := &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}
	resp, err := r.QueryDomainList(ctx, req)
	if err != nil || len(resp.Data) == 0 {
		return "", 0, err
	}
	info, err := r.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: resp.Data[0].DomainName})
	if err != nil {
		return "", 0, err
	}
	return info.UserID, resp.TotalItemNum, nil
}
