package reader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

// Held are the names that an account was seen to hold. It is a cache like readings:
// where it is lost, nobody knows of a missing name whether it was ever there.
type Held struct {
	endpoint string
	// at is when the list was read that names are of, sorted, a line each: there may
	// be a million of them.
	at    time.Time
	names string
	// left are names that lists before it had, sorted.
	left []snapshot.Departed
}

// heldKey is the piece beside those of readings that remembers names.
const heldKey = "names"

// heldFor is how long the list of names is good that is remembered, where it has not
// changed.
const heldFor = 24 * time.Hour

// heldHead is how that piece begins. The names follow it.
type heldHead struct {
	Endpoint string              `json:"endpoint"`
	At       time.Time           `json:"at"`
	Left     []snapshot.Departed `json:"left,omitempty"`
}

// HeldIn returns the names that a snapshot has.
func HeldIn(a *planner.Live) *Held {
	return &Held{endpoint: a.Endpoint, at: a.ReadAt, names: lines(a.Domains), left: a.Left}
}

func lines(domains []snapshot.Domain) string {
	var b strings.Builder
	for i := range domains {
		b.WriteString(domains[i].Name)
		b.WriteByte('\n')
	}
	return b.String()
}

// LoadHeld returns the names that an account at an endpoint was seen to hold, none
// where nobody has kept any, or what was kept cannot be understood. With an error it
// returns nil: what is kept and could not be read must not be written over.
func LoadHeld(ctx context.Context, b Blobs, endpoint string) (*Held, error) {
	h := &Held{endpoint: endpoint}
	data, ok, err := b.Get(ctx, heldKey)
	if err != nil {
		return nil, err
	}
	if !ok {
		return h, nil
	}
	var head heldHead
	if names, err := unpackLines(data, &head); err == nil && head.Endpoint == endpoint {
		h.at, h.names, h.left = head.At, names, head.Left
	}
	return h, nil
}

// save keeps the names of a list that was read whole, and those that have left since
// some list, where they are not kept like that already.
func (h *Held) save(ctx context.Context, b Blobs, live *planner.Live) error {
	gone, names := h.gone(live), lines(live.Domains)
	if names == h.names && len(gone) == len(h.left) && live.ReadAt.Sub(h.at) < heldFor {
		return nil
	}
	data, err := packLines(heldHead{h.endpoint, live.ReadAt, gone}, []byte(names))
	if err != nil {
		return err
	}
	if err := b.Put(ctx, heldKey, data); err != nil {
		return err
	}
	h.at, h.names, h.left = live.ReadAt, names, gone
	return nil
}

// keepHeld keeps the names of a list.
func (k *Keeper) keepHeld(ctx context.Context, h *Held, live *planner.Live) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h == nil || k.failed {
		return
	}
	if err := h.save(ctx, k.Blobs, live); err != nil {
		k.fail(err)
	}
}

// gone returns the names that were seen before and that the list of an account
// lacks, sorted.
func (h *Held) gone(live *planner.Live) []snapshot.Departed {
	var gone []snapshot.Departed
	rest := live.Domains
	for name := range strings.SplitSeq(strings.TrimSuffix(h.names, "\n"), "\n") {
		for len(rest) > 0 && rest[0].Name < name {
			rest = rest[1:]
		}
		if name != "" && (len(rest) == 0 || rest[0].Name != name) {
			gone = append(gone, snapshot.Departed{Domain: name, Seen: h.at})
		}
	}
	for _, d := range h.left {
		if live.Domain(d.Domain) == nil {
			gone = append(gone, d)
		}
	}
	sortDeparted(gone)
	return gone
}

func sortDeparted(all []snapshot.Departed) {
	slices.SortFunc(all, func(x, y snapshot.Departed) int { return strings.Compare(x.Domain, y.Domain) })
}

// findLeft finds out which of the names that the account held before, and that are
// asked for, have left it. That the list lacks a name proves nothing: the account is
// asked for the name itself.
func (f *fetcher) findLeft(ctx context.Context, asked func(name string) bool) error {
	gone := f.suspects(asked)
	left := make([]bool, len(gone))
	err := inOrder(ctx, len(gone), f.Parallel, func(ctx context.Context, i int) (err error) {
		left[i], err = f.hasLeft(ctx, gone[i].Domain)
		return err
	})
	for i, d := range gone {
		if left[i] {
			f.live.Left = append(f.live.Left, d)
		}
	}
	return err
}

// suspects are the names that the account held before, that are asked for, and that
// the list lacks.
func (f *fetcher) suspects(asked func(name string) bool) (gone []snapshot.Departed) {
	if f.Held != nil {
		gone = f.Held.gone(f.live)
	}
	known := gone // sorted
	for name, at := range planner.HeldBefore(f.History, f.live.ReadAt) {
		_, seen := slices.BinarySearchFunc(known, name, func(d snapshot.Departed, n string) int { return strings.Compare(d.Domain, n) })
		if !seen && f.live.Domain(name) == nil {
			gone = append(gone, snapshot.Departed{Domain: name, Seen: at})
		}
	}
	gone = slices.DeleteFunc(gone, func(d snapshot.Departed) bool { return !asked(d.Domain) })
	sortDeparted(gone)
	return gone
}

// knownLeft are the declared names of which it is remembered that lists before lacked
// them already: each is asked for again.
func (f *fetcher) knownLeft(p *config.Portfolio) int {
	names := make(map[string]bool)
	for _, name := range planner.NamesThatLeft(f.History) {
		names[name] = true
	}
	if f.Held != nil {
		for i := range f.Held.left {
			names[f.Held.left[i].Domain] = true
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return p.Domain(name) == nil })
	return len(names)
}

// leftOperation tells whether the account holds a name that its list lacks.
const leftOperation = "QueryDomainByDomainName"

// hasLeft reports whether the service says that the account lacks a name. An answer
// that says neither is a failure of that read.
func (f *fetcher) hasLeft(ctx context.Context, name string) (bool, error) {
	f.counted(leftOperation)
	_, err := f.info(ctx, &snapshot.Domain{Name: name}, nil)
	e, known := errors.AsType[*wire.Error](err)
	switch {
	case err == nil:
		return false, nil
	case known && e.Code == "DomainNotExist" && !e.Answered:
		return true, nil
	case stops(ctx, err):
		return false, err
	}
	f.note(name, snapshot.Presence, leftOperation, err)
	return false, nil
}
