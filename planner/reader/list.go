package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

const (
	// listTries is how often a list that shifts under the reader is read.
	listTries = 5
	// maxNames and mostPages are the most that a list is believed to have.
	maxNames, maxPages = 2_000_000, 50_000
)

// list reads the names of the account. Pages that shift while they are read
// could lose one, so the list is whole only when the totals of its pages agree
// with the number of distinct names.
func (f *fetcher) list(ctx context.Context) error {
	var l *listing
	for range listTries {
		var names []snapshot.Domain
		first, err := f.page(ctx, 1)
		if err == nil {
			if names, ok := f.scrollsRest(ctx, first); ok {
				f.take(names)
				return nil
			}
			l, err = f.listRest(ctx, first, func(page []wire.DomainItem) {
				for i := range page {
					names = append(names, f.row(&page[i]))
				}
			})
		}
		if errors.Is(err, wire.ErrListAbsent) {
			err = fmt.Errorf("%w; %s", err, planner.AbsentListsAdvice)
		}
		if err != nil {
			return fmt.Errorf("the list of names could not be read: %w", err)
		}
		if l.whole() {
			f.take(names)
			return nil
		}
	}
	if l.shifted {
		return fmt.Errorf("the list of names changed while it was read, %d times in a row: try again later", listTries)
	}
	return fmt.Errorf("the list of names is not whole: the service says that there are %d names, and shows %d, %d times in a row: try again later",
		l.total, len(l.names), listTries)
}

// listOnce reads the list once, and tells its pages one at a time. What the
// service says of its length is a hint, by which pages are asked for side by side:
// one that brings nothing new ends the list.
func (f *fetcher) listOnce(ctx context.Context, take func(page []wire.DomainItem)) (*listing, error) {
	first, err := f.page(ctx, 1)
	if err != nil {
		return nil, err
	}
	return f.listRest(ctx, first, take)
}

// listRest reads the pages behind the first one.
func (f *fetcher) listRest(ctx context.Context, first *wire.QueryDomainListResponse, take func(page []wire.DomainItem)) (*listing, error) {
	l := &listing{names: make(map[string]bool), take: take, total: first.TotalItemNum}
	if l.total > maxNames {
		return nil, fmt.Errorf("the service says that the account has %d names, more than any account has", l.total)
	}
	l.add(first)
	size := max(len(first.Data), 1)
	others := min((l.total+size-1)/size, maxPages) - 1
	if err := inOrder(ctx, others, f.Parallel, func(ctx context.Context, i int) error { return f.nextPage(ctx, l, i+2) }); err != nil {
		return nil, err
	}
	return l, ctx.Err()
}

// nextPage reads a page after the first one, unless the list has ended before it.
func (f *fetcher) nextPage(ctx context.Context, l *listing, n int) error {
	if l.hasEnded() {
		return nil
	}
	page, err := f.page(ctx, n)
	if err == nil {
		l.add(page)
	}
	return err
}

// listing is what a list has shown.
type listing struct {
	mu      sync.Mutex
	take    func(page []wire.DomainItem)
	rows    int
	names   map[string]bool
	total   int  // of the first page
	shifted bool // the totals of two pages differ
	ended   bool // a page brought nothing new
}

// add takes a page in.
func (l *listing) add(page *wire.QueryDomainListResponse) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.names)
	for i := range page.Data {
		l.names[page.Data[i].DomainName] = true
	}
	l.rows += len(page.Data)
	l.take(page.Data)
	l.ended = l.ended || len(l.names) == before
	l.shifted = l.shifted || page.TotalItemNum != l.total
}

func (l *listing) hasEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// whole reports whether the list held still and was shown as a whole.
func (l *listing) whole() bool {
	return !l.shifted && len(l.names) == l.rows && l.rows == l.total
}

// page asks for the oldest names first: a name that is added meanwhile comes
// to stand behind the others and moves none.
func (f *fetcher) page(ctx context.Context, n int) (*wire.QueryDomainListResponse, error) {
	f.counted(namesList.operation)
	return f.r.QueryDomainList(ctx, &wire.QueryDomainListRequest{
		Page:         wire.Page{PageNum: n, PageSize: f.PageSize},
		OrderKeyType: wire.ByRegistration, OrderByType: wire.Ascending,
	})
}
