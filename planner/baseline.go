package planner

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sort"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Baseline is what the state knows of names since the applies that looked at them.
// It tells an edit of the files from a drift of the account.
type Baseline struct {
	// Key is that of the hashes of what tells of persons. Those that were made with
	// another one tell nothing any more.
	Key   []byte
	Names []Known // sorted; none: no apply has recorded any
}

// Known is what is known of a name since an apply looked at it.
type Known struct {
	Name string
	// Declared has a hash of what was declared, by attribute; "" where nobody knows
	// what was live. Names share it: it is not to be changed.
	Declared map[string]string
	// Open are the changes that were called for and not made, by their ID without the
	// name. Names share it: it is not to be changed.
	Open map[string]OpenChange
	// Since is when it was looked at; zero: when it is recorded. Times are those of
	// single attributes that were last known to be as declared at another time.
	Since time.Time
	Times map[string]time.Time
	// Sent are the changes, by ID, that runs have sent since, or may have: when the
	// account was last seen to show each; zero: it was not since.
	Sent map[string]time.Time
}

// OpenChange is a change that an apply has left open. It is an alias, so that what is
// known of a name can be handed on as it is to whoever has the same type.
type OpenChange = struct {
	Before string // a hash of the live value
	Origin string // the [attr.Origin] that was said of it
}

// BaselineUpdate is what an apply records of names: what is known of those that
// changed, and those of which nothing is known any more.
type BaselineUpdate struct {
	Changed []Known
	Gone    []string
	Key     []byte
	Keyed   bool // some hashes are made with the key
}

// Compares reports whether a baseline tells of a name what others have changed, as far
// as no run of ours has sent anything since.
func (b *Baseline) Compares(name string) bool {
	k := b.of(name)
	return k != nil && len(k.Sent) == 0
}

func (b *Baseline) of(name string) *Known {
	if b == nil {
		return nil
	}
	at, ok := sort.Find(len(b.Names), func(i int) int { return strings.Compare(name, b.Names[i].Name) })
	if !ok {
		return nil
	}
	return &b.Names[at]
}

// sentOf returns when the account was last seen to show what runs have sent of an
// attribute since the apply looked at it. Sent says that there is any, and open that
// some of it was not seen.
func (k *Known) sentOf(attribute string) (seen time.Time, sent, open bool) {
	for id, at := range k.Sent {
		if !isOf(attribute, k.part(id)) {
			continue
		}
		if sent = true; at.IsZero() {
			open = true
		} else if at.After(seen) {
			seen = at
		}
	}
	return seen, sent, open
}

// since returns since when another live value is somebody else's. The change log
// tells seconds: what was seen then was done in that second or before.
func (k *Known) since(attribute string) time.Time {
	at := k.Since
	if t, ok := k.Times[attribute]; ok {
		at = t
	}
	if seen, _, _ := k.sentOf(attribute); seen.After(at) {
		return seen.Add(time.Second)
	}
	return at
}

// A hasher makes hashes of values, from which no value can be read: those of what
// tells of persons need the key of the state.
type hasher struct {
	key    []byte
	policy attr.Policy
	keyed  bool // a hash was made with the key
	// last are the values of each attribute that were hashed last, for many names
	// declare the same.
	last map[*attr.Attribute]hashed
}

type hashed struct {
	value attr.Value
	hash  string
}

// keyTag begins the hashes that are made with a key: those with another tag tell
// nothing.
func (h *hasher) keyTag() string {
	sum := sha256.Sum256(h.key)
	return hex.EncodeToString(sum[:4]) + ":"
}

// tells reports whether a hash can be compared with new ones.
func (h *hasher) tells(hash string) bool {
	return hash != "" && (!strings.Contains(hash, ":") || strings.HasPrefix(hash, h.keyTag()))
}

func (h *hasher) of(v attr.Value) string {
	data := attr.Fingerprint(v, h.policy)
	if _, personal := v.(attr.Personal); !personal {
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:8])
	}
	h.keyed = true
	mac := hmac.New(sha256.New, h.key)
	mac.Write(data)
	return h.keyTag() + hex.EncodeToString(mac.Sum(nil)[:8])
}

// declared is of for a declared value.
func (h *hasher) declared(d *config.Declared) string {
	if last, ok := h.last[d.Attribute]; ok && last.value.Equal(d.Value) {
		return last.hash
	}
	hash := h.of(d.Value)
	if h.last == nil {
		h.last = make(map[*attr.Attribute]hashed)
	}
	h.last[d.Attribute] = hashed{d.Value, hash}
	return hash
}

// nextBaseline returns what an apply of the plan records, nil for nothing.
func (d *differ) nextBaseline() *BaselineUpdate {
	b := d.History.Baseline
	if b == nil {
		return nil
	}
	d.hash.keyed = false
	u, sets, opens := &BaselineUpdate{Key: b.Key}, make(map[string]map[string]string), make(map[string]map[string]OpenChange)
	rest, before := d.plan.Changes, b.Names
	for want, live := range declaredNames(d.Portfolio, d.Live) {
		before = d.goneBefore(u, before, want.Name)
		var was *Known
		if len(before) > 0 && before[0].Name == want.Name {
			was, before = &before[0], before[1:]
		}
		var changes []attr.Change
		changes, rest = changesOfName(rest, want.Name)
		switch {
		case !d.Only.Has(want.Name):
		case live != nil:
			if k := d.knownOf(want, live, changes, was); was == nil || k.differs(was) {
				k.Declared, k.Open = shared(sets, k.Declared), shared(opens, k.Open)
				u.Changed = append(u.Changed, k)
			}
		case was != nil:
			u.Gone = append(u.Gone, want.Name)
		}
	}
	d.goneBefore(u, before, "")
	u.Keyed = d.hash.keyed
	if len(u.Changed)+len(u.Gone) == 0 {
		return nil
	}
	return u
}

// goneBefore notes the known names before the next declared one ("": all), which no
// file declares any more, and returns the others.
func (d *differ) goneBefore(u *BaselineUpdate, before []Known, next string) []Known {
	for len(before) > 0 && (next == "" || before[0].Name < next) {
		if d.Only.Has(before[0].Name) {
			u.Gone = append(u.Gone, before[0].Name)
		}
		before = before[1:]
	}
	return before
}

// changesOfName splits sorted changes into those of a name and those of names after
// it.
func changesOfName(all []attr.Change, name string) (of, rest []attr.Change) {
	from := 0
	for from < len(all) && all[from].Domain < name {
		from++
	}
	to := from
	for to < len(all) && all[to].Domain == name {
		to++
	}
	return all[from:to], all[to:]
}

// shared returns an equal map that was there before, where there is one: of many names
// the same is known.
func shared[V any](there map[string]map[string]V, m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	key := fmt.Sprintf("%#v", m)
	if there[key] == nil {
		there[key] = m
	}
	return there[key]
}

// knownOf is what is known of a name when an apply has looked at it. What has drifted
// stays a drift until it is as declared, or the files say something else.
func (d *differ) knownOf(want *config.Domain, live *snapshot.Domain, changes []attr.Change, was *Known) Known {
	k := Known{Name: want.Name, Declared: make(map[string]string, len(want.Declared))}
	if was == nil {
		was = new(Known)
	}
	for i := range want.Declared {
		decl := &want.Declared[i]
		if decl.Attribute.CanDrift(decl.Value) {
			d.knowAttribute(&k, decl, live, changes, was)
		}
	}
	return k
}

func (d *differ) knowAttribute(k *Known, decl *config.Declared, live *snapshot.Domain, changes []attr.Change, was *Known) {
	name := decl.Attribute.Name
	_, _, open := was.sentOf(name)
	before, had := was.Declared[name]
	switch {
	case d.doubtful(k.Name, name):
		k.Declared[name] = ""
		return
	case d.leaves(k.Name, name) && !had:
		return // it is as unknown as it was
	case d.leaves(k.Name, name), d.Live.Lacks(live, decl.Attribute.Facts) != 0:
		if k.Declared[name] = before; open {
			k.Declared[name] = ""
		}
		k.keepOpen(was, name)
		return
	}
	hash := d.hash.declared(decl)
	k.Declared[name] = hash
	stays := before == hash && !open
	for i := range changes {
		c := &changes[i]
		if c.Attribute != name || c.Temporary() {
			continue
		}
		o := OpenChange{Before: d.hash.of(c.Before), Origin: string(c.Origin)}
		switch {
		case !stays, was.Open[k.part(c.ID)] == o:
			k.leaveOpen(c.ID, o)
		case c.Origin == attr.Drift:
			k.keepTime(name, was.since(name))
		}
	}
}

func (k *Known) leaveOpen(id string, o OpenChange) {
	if k.Open == nil {
		k.Open = make(map[string]OpenChange)
	}
	k.Open[k.part(id)] = o
}

// part is the ID of a change without the name that it is of.
func (k *Known) part(id string) string { return strings.TrimPrefix(id, k.Name+"/") }

// isOf reports whether a change is one of an attribute, by its ID without the name.
func isOf(attribute, part string) bool {
	return part == attribute || strings.HasPrefix(part, attribute+"/")
}

// keepOpen keeps the open changes of an attribute of which nothing could be read.
func (k *Known) keepOpen(was *Known, attribute string) {
	for part, o := range was.Open {
		if isOf(attribute, part) {
			k.leaveOpen(part, o)
		}
	}
	k.keepTime(attribute, was.since(attribute))
}

func (k *Known) keepTime(attribute string, at time.Time) {
	if at.IsZero() {
		return
	}
	if k.Times == nil {
		k.Times = make(map[string]time.Time)
	}
	k.Times[attribute] = at
}

// differs reports whether it has to be recorded that this is known, and not that.
func (k *Known) differs(was *Known) bool {
	return was.Sent != nil || !maps.Equal(k.Declared, was.Declared) || !maps.Equal(k.Open, was.Open)
}
