package apiclient

import (
	"context"
	"iter"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

// Pages reads the pages of a list one after the other, by number or by cursor,
// from the one that the request asks for. Its size and number may be left out.
// The list of changes, of which a query sees 1,000 entries, is divided by time
// until all are seen. The given function makes the calls; an error ends the
// list, and so do pages that do not end: see [wire.Pager]. An operation that is
// not paged has one page. pageSize is that of lists for which the service states
// no most, 0 for 200.
//
// A list that changes while it is read may show an entry twice or not at all.
// Results that are acknowledged between two pages move the others forward:
// read all pages first.
func Pages(r wire.Request, pageSize int, call func(wire.Request) (wire.Response, error)) iter.Seq2[wire.Response, error] {
	return pagesBy(clock.Clock{}, r, pageSize, call)
}

// Pages is [Pages] with the client's clock and size of a page.
func (c *Client) Pages(r wire.Request, call func(wire.Request) (wire.Response, error)) iter.Seq2[wire.Response, error] {
	return pagesBy(c.clock, r, c.pageSize, call)
}

func pagesBy(by clock.Clock, r wire.Request, pageSize int, call func(wire.Request) (wire.Response, error)) iter.Seq2[wire.Response, error] {
	return func(yield func(wire.Response, error) bool) { pages(by, wire.NewPager(r, pageSize), call, yield) }
}

// pages yields pages until there are no more, or until the caller wants no
// more, which it reports.
func pages(by clock.Clock, p *wire.Pager, call func(wire.Request) (wire.Response, error), yield func(wire.Response, error) bool) bool {
	for r := p.Next(); r != nil; r = p.Next() {
		answer, err := call(r)
		if err != nil {
			yield(nil, err)
			return false
		}
		parts, err := wire.Narrow(r, answer, by.Now())
		if err != nil {
			yield(nil, err)
			return false
		}
		if parts != nil {
			return pagesOfParts(by, parts, call, yield)
		}
		if !yield(answer, nil) {
			return false
		}
		if err := p.Take(answer); err != nil {
			yield(nil, err)
			return false
		}
	}
	return true
}

func pagesOfParts(by clock.Clock, parts []wire.Request, call func(wire.Request) (wire.Response, error), yield func(wire.Response, error) bool) bool {
	for _, r := range parts {
		if !pages(by, wire.NewPager(r, 0), call, yield) {
			return false
		}
	}
	return true
}

// all yields the entries of all pages.
func all[T any](ctx context.Context, c *Client, r wire.Request) iter.Seq2[T, error] {
	o := wire.OperationOf(r)
	call := func(r wire.Request) (wire.Response, error) {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		into := o.NewResponse()
		return into, c.Do(ctx, r, into)
	}
	return func(yield func(T, error) bool) {
		for page, err := range c.Pages(r, call) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, e := range wire.EntriesOf[T](o, page) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
