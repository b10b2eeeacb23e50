package reader

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	// scrollPage is the most names in a page of a scroll.
	scrollPage = 500
	// leastSaving is how many calls a scroll must save where names could be read
	// directly: what is read directly is fresher, and tells more.
	leastSaving = 20
)

// scrolled is the list of names by a scroll, whose rows tell nameservers. The state
// in them is a finer one than that of a name's term: where it tells that at all,
// it is taken in like any other.
var scrolled = listRow{
	operation: "ScrollDomainList",
	facts:     snapshot.Nameservers | snapshot.Expiry | snapshot.PriceKind,
}

// scrollCalls is how many calls a scroll over so many names takes: the first may
// bring none of them.
func scrollCalls(names int) int { return 1 + (names+scrollPage-1)/scrollPage }

// scrollsRest reads the list by a scroll where that takes fewer calls than the rest
// of its pages; ok is false where it does not, or is not to be had. The scroll is
// whole only when it shows as many names as the first page said that there are.
//
// What it tells is not what the list told: either may lag behind the other.
func (f *fetcher) scrollsRest(ctx context.Context, first *wire.QueryDomainListResponse) (names []snapshot.Domain, ok bool) {
	total, size := first.TotalItemNum, len(first.Data)
	if size == 0 || total > maxNames || scrollCalls(total) >= (total-1)/size || tellsMore(first.Data) {
		return nil, false
	}
	key := f.rowKey()
	names = make([]snapshot.Domain, 0, total) // one that grows would be held twice
	err := f.scroll(ctx, total, func(it *wire.AdvancedDomainItem) {
		d := f.row(&it.DomainItem)
		d.Row += holderMark(key, it)
		d.FromList, d.FromScroll = 0, d.Known(scrolled.facts)
		names = append(names, d)
	})
	return names, err == nil && len(names) == total && distinct(names)
}

// distinct sorts names, and reports whether each stands there once.
func distinct(names []snapshot.Domain) bool {
	slices.SortFunc(names, func(a, b snapshot.Domain) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(names); i++ {
		if names[i].Name == names[i-1].Name {
			return false
		}
	}
	return true
}

// tellsMore reports whether rows of the list tell what those of a scroll do not: who
// renews a name. What that costs is not known otherwise.
func tellsMore(rows []wire.DomainItem) bool {
	return slices.ContainsFunc(rows, func(it wire.DomainItem) bool { return it.AutoRenewEnabled != nil })
}

// scrollFor reads by a scroll what its rows tell of names, where that saves calls.
// What it does not tell is left to be read directly.
func (f *fetcher) scrollFor(ctx context.Context, all []need) {
	saves := 0
	for _, n := range all {
		if f.isScrolled(n) {
			saves++
		}
	}
	if !f.worthScrolling(saves) {
		return
	}
	//nolint:errcheck // what it has not told is read directly
	f.scroll(ctx, len(f.live.Domains), func(it *wire.AdvancedDomainItem) {
		d := f.live.Domain(it.DomainName)
		if d == nil || d.InstanceID != it.InstanceID {
			return
		}
		before := d.Known(scrolled.facts)
		if d.Nameservers == nil {
			d.Nameservers = f.sets.Of(hostSet(it.DNSList))
		}
		noteExpiry(d, &it.DomainItem)
		if d.PremiumUnknown && !it.Lacks.Has("Premium") {
			d.Premium, d.PremiumUnknown = it.Premium, false
		}
		d.FromScroll |= d.Known(scrolled.facts) &^ before
	})
}

// isScrolled reports whether a scroll spares the direct read of a name.
func (f *fetcher) isScrolled(n need) bool {
	info := f.live.Lacks(n.domain, n.facts&snapshot.Info)
	return info != 0 && info&^scrolled.facts == 0
}

// worthScrolling reports whether a scroll that spares so many reads is tried.
func (f *fetcher) worthScrolling(spares int) bool {
	return f.lookedUp == nil && f.scrolls() && spares >= scrollCalls(len(f.live.Domains))+leastSaving
}

// scrolls reports whether a scroll may be tried.
func (f *fetcher) scrolls() bool { return !f.scrollTried && !f.Optional.Lacks(scrolled.operation) }

// scroll reads all names, page by page, as far as the service gets: it is tried
// once. About so many names are expected, and twice as many bound it.
func (f *fetcher) scroll(ctx context.Context, expected int, take func(*wire.AdvancedDomainItem)) error {
	if !f.scrolls() {
		return errors.New("the service has no scroll")
	}
	f.scrollTried = true
	calls := 2*scrollCalls(expected) + 10
	err := eachPage(ctx, &wire.ScrollDomainListRequest{PageSize: scrollPage}, f.r.ScrollDomainList, func(page *wire.ScrollDomainListResponse) bool {
		f.counted(scrolled.operation)
		for i := range page.Data {
			take(&page.Data[i])
		}
		calls--
		return calls == 0
	})
	f.Optional.Note(scrolled.operation, err)
	return err
}
