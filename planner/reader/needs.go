package reader

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// need is facts to be read of one name.
type need struct {
	domain *snapshot.Domain
	facts  snapshot.Facts
}

// mostRounds bounds how often a plan is asked what it needs: each answer can
// raise a question, and these chains are short.
const mostRounds = 20

// needed reads what a plan needs beside the list of names. What the plan rests on
// is read now.
func (f *fetcher) needed(ctx context.Context, p *config.Portfolio) error {
	f.askIn(p.Budget)
	in := planner.Input{
		Portfolio: p, Live: f.live, Only: f.Only, Listed: f.lookedUp, History: f.history(), Transfers: f.Transfers, Undo: f.Undo,
	}
	for round := 1; ; round++ {
		if err := f.untilKnown(ctx, in); err != nil {
			return err
		}
		if !f.forget(in, round == mostRounds) {
			return f.identify(ctx, p)
		}
	}
}

// untilKnown asks until the plan of an input needs nothing more.
func (f *fetcher) untilKnown(ctx context.Context, in planner.Input) error {
	inquiry := planner.NewInquiry(in)
	for range mostRounds {
		q := inquiry.Next()
		f.foresee(in, &q)
		q.Log = nil // see FetchLog
		if q.None() {
			break
		}
		if err := f.answer(ctx, in.Portfolio, q); err != nil {
			return err
		}
	}
	return nil
}

// answer reads what is asked. What cannot be read is among the failures.
func (f *fetcher) answer(ctx context.Context, p *config.Portfolio, q planner.Questions) error {
	if err := f.entries(ctx, slices.Sorted(maps.Keys(q.Entries))); err != nil {
		return err
	}
	if q.TransfersIn {
		if err := f.transfersIn(ctx); err != nil {
			return err
		}
	}
	all := f.needs(q)
	f.scrollFor(ctx, all)
	if err := f.readAll(ctx, all); err != nil || q.Account == 0 {
		return err
	}
	if err := f.identify(ctx, p); err != nil {
		return err
	}
	return f.readAccount(ctx, q.Account)
}

// needs returns the facts of names that are asked for, and the names to register.
func (f *fetcher) needs(q planner.Questions) []need {
	all := make([]need, 0, len(q.Facts)+len(q.Offers))
	offers := slices.Sorted(maps.Keys(q.Offers))
	for _, name := range offers {
		f.live.Absent = append(f.live.Absent, snapshot.Domain{Name: name})
		f.years[name] = q.Offers[name]
	}
	arrivals := slices.Sorted(maps.Keys(q.Arrivals))
	for _, name := range arrivals {
		f.live.Absent = append(f.live.Absent, snapshot.Domain{Name: name, PremiumUnknown: true})
	}
	f.live.Sort()
	for _, name := range slices.Sorted(maps.Keys(q.Facts)) {
		if years := q.Terms[name]; years > 0 {
			f.years[name] = years
		}
		if d := cmp.Or(f.live.Domain(name), f.live.Lacking(name)); d != nil {
			all = append(all, need{d, q.Facts[name]})
		}
	}
	for _, name := range offers {
		all = append(all, need{f.live.Lacking(name), snapshot.Presence})
	}
	for _, name := range arrivals {
		all = append(all, need{f.live.Lacking(name), snapshot.Arriving})
	}
	return all
}

// lacking asks for the facts of every name that are not known of it, as far as
// names of its suffix have them.
func (f *fetcher) lacking(facts snapshot.Facts) []need {
	all := make([]need, 0, len(f.live.Domains))
	for i := range f.live.Domains {
		d := &f.live.Domains[i]
		if n := attr.FactsOf(d.Name, facts); f.Only.Has(d.Name) && !f.live.Knows(d, n) {
			all = append(all, need{d, n})
		}
	}
	return all
}
