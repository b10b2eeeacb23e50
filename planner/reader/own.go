package reader

import (
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/planner"
)

// What a run has changed it reads again, to verify it. That is a reading like any
// other, but for two things: no row of the list goes with it, and the change log tells
// of the changes that it verifies.

// A Touch is what a run of our own did last to a name.
type Touch struct {
	At    time.Time // when it did it, or heard of it
	Batch int64     // by the journal; -1: nobody knows what became of it
}

// Own says which changes of our own a reading of a name verifies.
type Own struct {
	// Batch is the last batch of the journal that is about the name. Where there is a
	// later one the reading does not stand.
	Batch int64 `json:"batch"`
	// Changes is how many steps of the name succeeded, each of which is an entry of the
	// change log.
	Changes int `json:"changes"`
	// Since is when the first of them was sent.
	Since time.Time `json:"since"`
}

// TakeTimed adds the names of an account to another one, with the times at which they
// were read.
func TakeTimed(to, from *planner.Live) {
	for i := range from.Domains {
		d := from.Domains[i]
		timed(&d, from.ReadAt)
		to.Domains = append(to.Domains, d)
	}
}

// Verified keeps an account of names that were read to verify changes of our own, the
// first of them at a time. It tells the times itself; see [TakeTimed].
func (k *Keeper) Verified(ctx context.Context, now, first time.Time, a *planner.Live, own map[string]Own) {
	a.Sort()
	k.put(ctx, now, piece{Checked: first, Own: own}, a)
}

// Next returns what keeps readings after those that were written, with the same keys
// and nothing else.
func (k *Keeper) Next(b Blobs) *Keeper {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &Keeper{Blobs: b, Failed: k.Failed, hashKeys: k.keys()}
}

const (
	// mostOwn is of how many names, at most, a piece says so: its head is bounded.
	// Where there are more they are read again.
	mostOwn = 5000
	// ownLasts is for how long it has to be said: neither the log is asked for longer
	// than that, nor the journal.
	ownLasts = 30 * 24 * time.Hour
)

// ownSlack is by how much the times of the log and ours may differ.
const ownSlack = time.Minute

// othersChanged reports whether a name may have changed after a reading that verified
// changes of our own: the log must tell of these alone since the first was sent, or of
// nothing yet. An entry of somebody else that is there in place of a late one of ours
// is seen when that comes.
func (m *logTimes) othersChanged(name string, own Own, read time.Time) bool {
	from, to := own.Since.Add(-ownSlack), read.Add(ownSlack)
	within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	ours := 0
	for _, at := range m.entries[name] {
		later := at.Add(planner.LogZoneOffset)
		switch {
		case at.IsZero():
			return true
		case within(at), within(later):
			ours++
		case later.After(from):
			return true
		}
	}
	return ours > 0 && ours != own.Changes
}

// agrees reports whether the list shows a name as a reading does that may have no row
// of it.
func agrees(d, k *snapshot.Domain) bool {
	switch {
	case k.Row != "" && !sameRow(d.Row, k.Row), k.InstanceID != "" && d.InstanceID != k.InstanceID:
		return false
	case d.FromList&snapshot.Nameservers != 0 && k.Nameservers != nil && !slices.Equal(d.Nameservers, k.Nameservers):
		return false
	}
	return d.ExpiresUnclear || k.ExpiresUnclear || k.Expires.IsZero() || d.Expires.Equal(k.Expires)
}

// ownAmong returns which of some names have facts of a reading that verified changes of
// our own.
func (f *fetcher) ownAmong(names []snapshot.Domain) map[string]Own {
	if f.Earlier == nil || f.Earlier.Readings == nil || len(f.Earlier.Readings.own) == 0 {
		return nil
	}
	some := make(map[string]Own)
	for i := range names {
		own, verified := f.Earlier.Readings.own[names[i].Name]
		if verified && own.Since.After(f.checked.Add(-ownLasts)) && !f.changed[names[i].Name] && f.live.Standing(&names[i], mayStand) != 0 {
			some[names[i].Name] = own
		}
	}
	return some
}

// own returns the names whose reading is one that verified changes of our own.
func (l *loading) own() map[string]Own {
	all := make(map[string]Own)
	for i := range l.found {
		if l.found[i].head == nil {
			continue
		}
		for name, own := range l.found[i].head.Own {
			if n, ok := l.at[name]; ok && int(l.from[n]) == i {
				all[name] = own
			}
		}
	}
	return all
}
