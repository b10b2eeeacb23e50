package reader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

// mayStand are the facts of names that may be known from before. Others are of the
// list, which is read each time, of the account, or of money.
const mayStand = snapshot.Info | snapshot.DSRecords | snapshot.Hosts | snapshot.Wallet | snapshot.Artwork | snapshot.AllContacts

// Earlier says what of an account may be known from before.
type Earlier struct {
	// Readings are those of before.
	Readings *Readings
	// Log tells which names have changed since.
	Log LogReader
	// Touched is what a run of our own last did to each name, or may have
	// done. What was read before that does not stand.
	Touched map[string]Touch
	// Succeeded is when a change of our own was made last of each name: the log must
	// know of some of them.
	Succeeded map[string]time.Time
	// MaxAge is after how long a name is read again even where nothing tells that it
	// has changed.
	MaxAge func(name string) time.Duration
	// Due reads what is due by its age, in shares of the time that passed. Otherwise
	// it is read where it is older than MaxAge, and else counted.
	Due bool
	// Told is told what stands before anything else is read; nil: nobody is.
	Told func(Standing)
}

// Standing says what a reading begins with.
type Standing struct {
	Names int // of the account
	// Known are the names of which something stands from before.
	Known int
	// Changed are the names that were read before and have changed since, as the
	// list, the log or the journal tells.
	Changed int
	// Due are the names whose readings are due by their age.
	Due int
	// Distrust is why nothing stands from before, "" where that may be.
	Distrust string
}

// earlier is what a fetcher knows of readings of before.
type earlier struct {
	checked  time.Time // up to when the change log was taken in
	some     bool      // something stands
	changed  map[string]bool
	drifts   map[string]bool           // those that may have drifted, as the change log or what was known tells
	unread   map[string]bool           // of these, those that were not read since
	partly   map[string]snapshot.Facts // contacts of names that stand, and of which some texts are not known
	revealer *revealer                 // nil: the readings hide nothing
	unkept   []snapshot.Domain         // as they were read; yet to be written
	turns    turns
	wrote    time.Time
}

// stand gives names what was read of them before, as far as nothing tells that it
// has changed.
func (f *fetcher) stand(ctx context.Context, p *config.Portfolio) error {
	f.checked = f.live.ReadAt
	e := f.Earlier
	if e == nil || e.Readings == nil || len(e.Readings.Account.Domains) == 0 {
		return nil
	}
	s := Standing{Names: len(f.live.Domains)}
	m, err := f.changes(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		s.Distrust = err.Error() // whoever may not read the log may read names
		m = nil
	}
	f.changed, f.drifts, f.unread, f.partly = make(map[string]bool), make(map[string]bool), make(map[string]bool), make(map[string]snapshot.Facts)
	if len(e.Readings.hashKeys) > 0 {
		f.revealer = newRevealer(p, e.Readings.hashKeys)
	}
	if m != nil {
		f.checked = m.until
	}
	for i := range f.live.Domains {
		d := &f.live.Domains[i]
		if k := e.Readings.Account.Domain(d.Name); k != nil {
			f.standOne(d, k, m, &s)
		}
	}
	if e.Told != nil {
		e.Told(s)
	}
	return nil
}

// changes reads which names have changed since the readings of before. An error
// says why nobody can tell.
func (f *fetcher) changes(ctx context.Context) (*logTimes, error) {
	e := f.Earlier
	if e.Log == nil {
		return nil, errors.New("nobody asks the change log")
	}
	since := e.Readings.Since.Add(-logOverlap)
	m, err := f.readMentions(ctx, since)
	if err == nil {
		err = f.knowsOwnChanges(m, since)
	}
	if err != nil {
		return nil, errors.New("the change log does not tell what has changed: " + wire.Reason(err))
	}
	return m, nil
}

// standOne gives a name what stands of it.
func (f *fetcher) standOne(d, k *snapshot.Domain, m *logTimes, s *Standing) {
	if k.Known(mayStand) == 0 {
		return
	}
	own, verified := f.Earlier.Readings.own[d.Name]
	changed := m == nil || d.Row == "" || !verified && (!sameRow(d.Row, k.Row) || d.InstanceID != k.InstanceID) || verified && !agrees(d, k)
	stands, due, later := f.judge(k, f.live.ReadAt, func(read time.Time) bool {
		return changed || !verified && m.changedSince(d.Name, read) || verified && m.othersChanged(d.Name, own, read)
	})
	if later || changed {
		s.Changed++
		f.changed[d.Name], f.unread[d.Name] = true, true
		if m != nil && slices.ContainsFunc(k.Read, func(r snapshot.ReadTime) bool { return m.changedSince(d.Name, r.At) }) {
			f.drifts[d.Name] = f.History.Baseline.Compares(d.Name)
		}
		return
	}
	if due != 0 {
		s.Due++
	}
	if f.revealer != nil {
		var partly snapshot.Facts
		if k, stands, partly = f.revealer.contacts(k, stands); partly != 0 {
			f.partly[d.Name] = partly
		}
	}
	if takeStanding(d, k, stands) {
		s.Known++
		f.some = true
	}
}

// judge returns which facts of an earlier reading of a name stand at a time, and which
// are due by their age. Changed says that something has changed since some of them
// were read: then none stands.
func (f *fetcher) judge(k *snapshot.Domain, now time.Time, changedSince func(read time.Time) bool) (stands, due snapshot.Facts, changed bool) {
	known := k.Known(mayStand)
	touch, touched := f.Earlier.Touched[k.Name]
	own, verified := f.Earlier.Readings.own[k.Name]
	for _, r := range k.Read {
		switch facts := r.Facts & known; {
		case facts == 0:
		case changedSince(r.At), touched && !verified && !r.At.After(touch.At), touched && verified && touch.Batch != own.Batch:
			return 0, 0, true
		default:
			if f.due(k.Name, r.At, now) {
				due |= facts
			}
			if !f.readAgain(k, r.At, now) {
				stands |= facts
			}
		}
	}
	return stands, due, false
}

// takeStanding gives a name facts of its reading of before, with their times, and
// reports whether there are any. The contact of a registrant stands together with
// what else is told of it: two reads tell what it is.
func takeStanding(d, k *snapshot.Domain, facts snapshot.Facts) (some bool) {
	if registrant := snapshot.RegistrantContact | snapshot.Holder; facts&registrant != registrant {
		facts &^= snapshot.RegistrantContact
	}
	return takeRead(d, k, facts)
}

// takeRead gives a name facts of its reading of before, with their times, and reports
// whether there are any.
func takeRead(d, k *snapshot.Domain, facts snapshot.Facts) (some bool) {
	facts &^= d.FromList
	for _, r := range k.Read {
		if these := r.Facts & facts; these != 0 {
			d.Take(k, these)
			d.NoteRead(these, r.At)
			some = true
		}
	}
	return some
}

// forget forgets what stands from before and the plan of an input rests on, or all
// that stands. It reports whether there was any.
func (f *fetcher) forget(in planner.Input, all bool) (some bool) {
	if !f.some {
		return false
	}
	if all {
		for i := range f.live.Domains {
			d := &f.live.Domains[i]
			some = f.forgetOne(d, mayStand) || some
		}
		f.some = false
		return some
	}
	for name, facts := range planner.Rests(in) {
		if d := f.live.Domain(name); d != nil {
			some = f.forgetOne(d, facts) || some
		}
	}
	return some
}

func (f *fetcher) forgetOne(d *snapshot.Domain, facts snapshot.Facts) bool {
	standing := f.live.Standing(d, facts)
	if standing == 0 {
		return false
	}
	d.Forget(standing)
	return true
}

// due reports whether a reading is due by its age: each name has a turn in the
// time of MaxAge, and is read once whenever that comes, so that names which were
// read together are not due together.
func (f *fetcher) due(name string, read, now time.Time) bool {
	age := int64(f.Earlier.MaxAge(name) / time.Second)
	if age <= 0 {
		return true
	}
	place := f.turns.of(name, age)
	turn := func(t time.Time) int64 { return (t.Unix() + age - place) / age }
	return turn(now) > turn(read)
}

// turns are the hashes of names, sorted: the order in which their turns come. By
// its place in it, and not by its hash alone, each share of the time has equally
// many names.
type turns []uint64

func turnsOf(names []snapshot.Domain) turns {
	t := make(turns, len(names))
	for i := range names {
		t[i] = hashOf(names[i].Name)
	}
	slices.Sort(t)
	return t
}

// of returns when the turn of a name comes in so many seconds.
func (t turns) of(name string, seconds int64) int64 {
	place, _ := slices.BinarySearch(t, hashOf(name))
	return seconds * int64(place) / int64(max(len(t), 1))
}

func hashOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return h.Sum64()
}

// threatenedFor is how long the reading of a name stands at most that is in danger by
// it: such a state begins and ends without a word in the log.
const threatenedFor = 24 * time.Hour

// readAgain reports whether a reading of a name is too old to stand, or its turn has
// come.
func (f *fetcher) readAgain(k *snapshot.Domain, read, now time.Time) bool {
	age := f.Earlier.MaxAge(k.Name)
	if planner.InDanger(k) {
		age = min(age, threatenedFor)
	}
	return f.Earlier.Due && f.due(k.Name, read, now) || now.Sub(read) >= age
}

// fingerprint stands for what a row of the list tells of a name.
func fingerprint(d *snapshot.Domain) string {
	text, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write(text)
	return fmt.Sprintf("%016x", h.Sum64())
}

const (
	// manyUnkept and longUnkept are how many names are written together, at most,
	// and how long it may take until then.
	manyUnkept = 1000
	longUnkept = time.Minute
)

// wasRead notes that a name was read, as it is now: what else is asked of it may be
// read while it is written. It returns what was read lately where that is enough to
// be written. The caller holds the lock, and has ended its reads of the name.
func (f *fetcher) wasRead(d *snapshot.Domain) (write []snapshot.Domain) {
	if f.Keeper == nil {
		return nil
	}
	now := f.Clock.Now()
	if f.wrote.IsZero() {
		f.wrote = now
	}
	delete(f.unread, d.Name)
	f.unkept = append(f.unkept, *d)
	if len(f.unkept) < manyUnkept && now.Sub(f.wrote) < longUnkept {
		return nil
	}
	write, f.unkept, f.wrote = f.unkept, nil, now
	return write
}

// keepSome writes names that were read.
func (f *fetcher) keepSome(ctx context.Context, names []snapshot.Domain) {
	if len(names) > 0 {
		f.Keeper.put(ctx, f.Clock.Now(), piece{Checked: f.checked, Own: f.ownAmong(names)}, f.asRead(names))
	}
}

// keep ends a reading: whole says that the list and all that the plan needs were
// read. What has changed and was not read is written as well: what stands of it in
// earlier pieces does not count any more.
func (f *fetcher) keep(ctx context.Context, whole bool) {
	if f.Keeper == nil {
		return
	}
	for name := range f.unread {
		f.unkept = append(f.unkept, *f.live.Domain(name))
	}
	if !whole {
		f.keepSome(context.WithoutCancel(ctx), f.unkept)
		return
	}
	f.Keeper.keepHeld(ctx, f.Held, f.live)
	p := piece{Checked: f.checked, Own: f.ownAmong(f.live.Domains)}
	if f.Earlier != nil && f.Earlier.Readings != nil {
		p.Saw = f.Earlier.Readings.keys
	}
	last := f.asRead(f.unkept)
	last.RegistryLocks = f.keptLocks()
	f.Keeper.finish(ctx, f.Clock.Now(), p, last, len(f.live.Domains), func(yield func(*planner.Live) bool) {
		for some := range slices.Chunk(f.live.Domains, mostTogether) {
			a := f.asRead(some)
			a.RegistryLocks, last.RegistryLocks = last.RegistryLocks, nil // once
			if !yield(a) {
				return
			}
		}
	})
}

// asRead is an account of some names as they are kept. Of two readings of a name the
// later one counts. What was not read now, or could not be, stays as it was, unless
// something tells that it has changed.
func (f *fetcher) asRead(names []snapshot.Domain) *planner.Live {
	a := &planner.Live{Endpoint: f.live.Endpoint, ID: f.live.ID, ReadAt: f.live.ReadAt, Domains: make([]snapshot.Domain, 0, len(names))}
	seen := make(map[string]bool, len(names))
	for _, d := range slices.Backward(names) {
		if seen[d.Name] {
			continue
		}
		seen[d.Name] = true
		kept := d
		kept.Quote, kept.Renewal, kept.Offer = nil, nil, nil
		f.keepHidden(&kept)
		if k := f.asBefore(d.Name); k != nil {
			takeRead(&kept, k, k.Known(mayStand)&^d.Known(mayStand))
		}
		a.Domains = append(a.Domains, kept)
	}
	a.Sort()
	return a
}

// keepHidden gives a name the contacts of its reading of before, as far as they stand
// and not all of their texts are known: none of these must be lost.
func (f *fetcher) keepHidden(d *snapshot.Domain) {
	partly := f.live.Standing(d, f.partly[d.Name])
	if partly == 0 {
		return
	}
	before := f.Earlier.Readings.Account.Domain(d.Name)
	d.Contacts = maps.Clone(d.Contacts)
	for role, fact := range snapshot.ContactFacts {
		if partly&fact != 0 {
			d.Contacts[role] = before.Contacts[role]
		}
	}
}

// asBefore is what was read before of a name of which nothing tells that it has
// changed, nil for none.
func (f *fetcher) asBefore(name string) *snapshot.Domain {
	if f.Earlier == nil || f.Earlier.Readings == nil || f.changed[name] {
		return nil
	}
	return f.Earlier.Readings.Account.Domain(name)
}
