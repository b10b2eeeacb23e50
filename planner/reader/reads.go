package reader

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

const defaultParallel = 64

// fetcher reads an account. Reads run side by side; the reader's limits pace them.
type fetcher struct {
	Options
	r    Service
	live *planner.Live

	mu   sync.Mutex // guards Progress and what the reads of one call have in common
	done int
	// kinds are those of the registrants whose contact is yet to be read, which
	// does not tell it; nil: none will be.
	kinds map[string]wire.RegistrantType
	// failures are the facts of each name that were asked for in vain: a fact is
	// asked for once.
	failures map[string]snapshot.Facts
	years    map[string]int // of the names to register
	// lookedUp are the names whose entries of the list were read; nil: all were.
	lookedUp map[string]bool
	// scrollTried says that names were read by a scroll, or could not be.
	scrollTried bool
	// currency is that in which prices are asked for.
	currency wire.FeeCurrency
	sets     snapshot.Sets // of nameservers
	earlier
	forecast
}

func newFetcher(r Service, opts Options) *fetcher {
	if opts.PageSize == 0 {
		opts.PageSize = config.DefaultRefresh().PageSize
	}
	if opts.Optional == nil {
		opts.Optional = new(Optional)
	}
	if opts.Parallel == 0 {
		opts.Parallel = defaultParallel
	}
	f := &fetcher{Options: opts, r: r, currency: wire.USD, years: make(map[string]int), live: &planner.Live{
		FormatVersion: snapshot.FormatVersion, Endpoint: opts.Endpoint, Domains: []snapshot.Domain{},
	}}
	f.lists = make(map[string]int)
	if e := opts.Earlier; e != nil && e.Readings != nil {
		f.turns = turnsOf(e.Readings.Account.Domains)
	}
	return f
}

// begin notes when the account was read: after its list, where that is read.
func (f *fetcher) begin() {
	if f.live.ReadAt.IsZero() {
		f.live.ReadAt = f.Clock.Now().UTC().Truncate(time.Second)
	}
}

// readAll reads what is needed and not yet known. The first answer tells the
// account; no other call is made where it is the wrong one.
func (f *fetcher) readAll(ctx context.Context, all []need) error {
	f.done, f.phaseBegan = 0, f.Clock.Now()
	whole := f.expect(all)
	if len(all) > 0 && f.live.ID == "" {
		if err := f.readOne(ctx, all[0], len(all)); err != nil {
			return err
		}
		all = all[1:]
	}
	err := inOrder(ctx, len(all), f.Parallel, func(ctx context.Context, i int) error { return f.readOne(ctx, all[i], len(all)) })
	if err == nil {
		err = f.readAccount(ctx, whole)
	}
	f.live.Sort()
	return err
}

// expect returns what is needed of the account as a whole, and prepares for
// what needs two reads: the answer about a name that goes with the contact of a
// registrant has to be one of now, too.
func (f *fetcher) expect(all []need) (whole snapshot.Facts) {
	for i := range all {
		whole |= all[i].facts & snapshot.OfAccount
		if n := &all[i]; n.facts&snapshot.RegistrantContact != 0 && !n.domain.Has(snapshot.RegistrantContact) {
			f.expectKind(n)
		}
	}
	return whole
}

// expectKind has the kind of a registrant told, unless this reading was told it.
func (f *fetcher) expectKind(n *need) {
	if f.kinds == nil {
		f.kinds = make(map[string]wire.RegistrantType)
	}
	if _, told := f.kinds[n.domain.Name]; !told && n.domain.Has(snapshot.Holder) {
		n.domain.Forget(snapshot.Holder)
		n.facts |= snapshot.Holder
	}
	if n.facts&snapshot.Holder != 0 {
		f.kinds[n.domain.Name] = cmp.Or(f.kinds[n.domain.Name], "") // until it is told
	}
}

// readOne reads the facts of one name. It fails only where no other read can
// succeed either.
func (f *fetcher) readOne(ctx context.Context, n need, all int) error {
	for i := range rows {
		r := &rows[i]
		if wanted := n.facts & r.facts &^ f.factsNotTold(n.domain.Name); wanted == 0 || n.domain.Has(wanted) {
			continue
		}
		lacks, err := r.read(f, ctx, n.domain, r.optional)
		if err == nil {
			n.domain.NoteRead(r.facts, time.Time{})
			f.incomplete(n, r, lacks)
		} else if err := f.failed(ctx, n, r, err); err != nil {
			return err
		}
	}
	f.keepSome(ctx, f.readDone(n.domain, all))
	return nil
}

// readDone tells that a name was read. It returns names that are to be kept now.
func (f *fetcher) readDone(d *snapshot.Domain, all int) []snapshot.Domain {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done++
	if f.Progress != nil {
		f.Progress(Progress{f.done, all, f.left(f.done, all)})
	}
	return f.wasRead(d)
}

// factsNotTold returns the facts of a name that were asked for and not told.
func (f *fetcher) factsNotTold(name string) snapshot.Facts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures[name]
}

// stops reports whether an error says that all other reads will fail, too.
func stops(ctx context.Context, err error) bool {
	_, other := errors.AsType[*AccountError](err)
	return other || wire.StopsOperation(err) || ctx.Err() != nil
}

// incomplete notes facts that were asked for and that an answer does not tell.
func (f *fetcher) incomplete(n need, r *row, lacks wire.Lacks) {
	if missing := f.live.Lacks(n.domain, n.facts&r.facts); missing != 0 {
		f.note(n.domain.Name, missing, r.operation, r.members.why(missing, lacks))
	}
}

// failed notes a read that failed, or returns the error where it says that all
// others will fail, too.
func (f *fetcher) failed(ctx context.Context, n need, r *row, err error) error {
	if stops(ctx, err) {
		return err
	}
	f.note(n.domain.Name, n.facts&r.facts, r.operation, err)
	return nil
}

// note records a read that failed.
func (f *fetcher) note(name string, facts snapshot.Facts, operation string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures == nil {
		f.failures = make(map[string]snapshot.Facts)
	}
	f.failures[name] |= facts
	f.live.Failures = append(f.live.Failures, snapshot.Failure{
		Domain: name, Facts: facts, Operation: operation, Message: wire.Reason(err), RequestID: wire.RequestIDOf(err),
		AbsentList: errors.Is(err, wire.ErrListAbsent),
	})
}
