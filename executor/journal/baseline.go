package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// The baseline is what plans compare with to tell an edit of the files from a drift
// of the account: what was declared of each name at the last apply that looked at it,
// and which changes it left open. It holds no value, only hashes.

// Baseline is what a journal knows of names since the applies that looked at them.
type Baseline struct {
	// Key is that of hashes of what tells of persons. It is another one when somebody
	// was forgotten: nobody knows then what those before stand for.
	Key   []byte
	Names []Known // sorted
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
	// Since is when it was looked at; zero: when the record is made. Times are those of
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
	Origin string // what was said of it
}

type (
	// baselineData is a baseline record, which is packed: it may be of all names of an
	// account. Of two records about a name the later one counts.
	baselineData struct {
		Groups []baselineGroup `json:"groups,omitempty"`
		Gone   []text          `json:"gone,omitempty"` // names of which nothing is known any more
	}
	// baselineGroup is names of which the same is known.
	baselineGroup struct {
		Names    []text              `json:"names"`
		Declared map[string]text     `json:"declared"`
		Open     map[string]openData `json:"open,omitempty"`
		At       int64               `json:"at,omitempty"`    // in milliseconds since the epoch; 0: the record's
		Times    map[string]int64    `json:"times,omitempty"` // by attribute
	}
	openData struct {
		Before text `json:"before"`
		Origin text `json:"origin,omitempty"`
	}
)

// decodeBaseline reads a baseline record.
func decodeBaseline(r *store.Record, u *unpacker) (d baselineData, err error) {
	unpacked := *r
	if unpacked.Data, err = u.unpack(r.Data); err != nil {
		return d, err
	}
	return d, decode(&unpacked, &d)
}

// Baseline returns what is known of names: nothing where records may be missing that
// would tell what was done since.
func (j *Journal) Baseline(ctx context.Context) (*Baseline, error) {
	persons, err := j.NewPersons(ctx)
	if err != nil {
		return nil, err
	}
	b := &Baseline{Key: persons.key}
	if l, err := j.SuspectLoss(ctx); err != nil || l != nil {
		return b, err
	}
	var last store.Record
	if b.Names, last, err = j.loadBaseline(ctx); err != nil || b.Names == nil {
		return b, err
	}
	return b, j.addSent(ctx, b, last)
}

// loadBaseline reads the baseline records, and returns the last of them. What was
// recorded before a loss does not count.
func (j *Journal) loadBaseline(ctx context.Context) (names []Known, last store.Record, err error) {
	var known []Known
	var u unpacker
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindBaseline, kindLoss}}, func(r *store.Record) error {
		if r.Kind == kindLoss {
			known, last = nil, store.Record{}
			return nil
		}
		d, err := decodeBaseline(r, &u)
		if err != nil {
			return err
		}
		last = store.Record{Number: r.Number, At: r.At}
		for _, name := range d.Gone {
			known = append(known, Known{Name: string(name)})
		}
		known = d.appendTo(known, fromMillis(r.At))
		return nil
	})
	if err != nil || last.Number == 0 {
		return nil, last, err
	}
	slices.SortStableFunc(known, func(x, y Known) int { return strings.Compare(x.Name, y.Name) })
	names = known[:0]
	for i := range known {
		if isLast := i+1 == len(known) || known[i+1].Name != known[i].Name; isLast && known[i].Declared != nil {
			names = append(names, known[i])
		}
	}
	return names, last, nil
}

// appendTo appends the names of a record.
func (d *baselineData) appendTo(known []Known, at time.Time) []Known {
	for _, g := range d.Groups {
		declared := make(map[string]string, len(g.Declared))
		for attribute, hash := range g.Declared {
			declared[attribute] = string(hash)
		}
		var open map[string]OpenChange
		for id, o := range g.Open {
			if open == nil {
				open = make(map[string]OpenChange, len(g.Open))
			}
			open[id] = OpenChange{Before: string(o.Before), Origin: string(o.Origin)}
		}
		var times map[string]time.Time
		for attribute, ms := range g.Times {
			if times == nil {
				times = make(map[string]time.Time, len(g.Times))
			}
			times[attribute] = fromMillis(ms)
		}
		since := at
		if g.At != 0 {
			since = fromMillis(g.At)
		}
		for _, name := range g.Names {
			known = append(known, Known{Name: string(name), Declared: declared, Open: open, Since: since, Times: times})
		}
	}
	return known
}

// verifiedVerdict is the verdict of a change that the account shows. The executor
// calls it so.
const verifiedVerdict = "verified"

// addSent adds what runs have done since the last baseline record.
func (j *Journal) addSent(ctx context.Context, b *Baseline, last store.Record) error {
	sent := func(change string, seen time.Time) {
		name, _, _ := strings.Cut(change, "/")
		k := b.of(name)
		if k == nil {
			return
		}
		if k.Sent == nil {
			k.Sent = make(map[string]time.Time)
		}
		k.Sent[change] = seen
	}
	q := store.Query{Kinds: []string{kindIntent, kindVerification}, Since: last.At - clocksApart.Milliseconds()}
	return j.store.Load(ctx, q, func(r *store.Record) error {
		if r.Number < last.Number {
			return nil
		}
		if r.Kind == kindIntent {
			var d intentData
			err := decode(r, &d)
			for _, step := range d.Steps {
				sent(changeOf(string(step)), time.Time{})
			}
			return err
		}
		return decodeAll(r, func(d verificationData) {
			if d.Verdict == verifiedVerdict {
				sent(string(d.Change), fromMillis(r.At))
			}
		})
	})
}

// changeOf returns the ID of the change that a step belongs to. An element may hold
// the sign, too.
func changeOf(step string) string { return step[:max(strings.LastIndexByte(step, '#'), 0)] }

func (b *Baseline) of(name string) *Known {
	at, ok := slices.BinarySearchFunc(b.Names, name, func(k Known, name string) int { return strings.Compare(k.Name, name) })
	if !ok {
		return nil
	}
	return &b.Names[at]
}

// folded is what is known of a name when what runs have sent since is taken in. What
// was sent and not seen leaves nothing known of its attribute.
func (k Known) folded() Known {
	if k.Sent == nil {
		return k
	}
	k.Open, k.Declared, k.Times = maps.Clone(k.Open), maps.Clone(k.Declared), maps.Clone(k.Times)
	for id, seen := range k.Sent {
		part := strings.TrimPrefix(id, k.Name+"/")
		delete(k.Open, part)
		attribute, _, _ := strings.Cut(part, "/")
		switch _, declared := k.Declared[attribute]; {
		case declared && seen.IsZero():
			k.Declared[attribute] = ""
		case declared:
			if k.Times == nil {
				k.Times = make(map[string]time.Time)
			}
			k.Times[attribute] = latest(k.Times[attribute], seen)
		}
	}
	k.Sent = nil
	return k
}

// RecordBaseline records what is known of some names from now on, and of which
// nothing is known any more. Keyed says that some hashes are made with the key.
func (j *Journal) RecordBaseline(ctx context.Context, changed []Known, gone []string, key []byte, keyed bool, at time.Time) error {
	if len(changed)+len(gone) == 0 {
		return nil
	}
	before, err := j.Baseline(ctx)
	if err != nil {
		return err
	}
	looked := make(map[string]bool, len(changed)+len(gone))
	for i := range changed {
		looked[changed[i].Name] = true
	}
	for _, name := range gone {
		looked[name] = true
	}
	for _, k := range before.Names { // what was sent since the last record counts no more after this one
		if k.Sent != nil && !looked[k.Name] {
			changed = append(changed, k.folded())
		}
	}
	records, err := j.baselineRecords(ctx, changed, gone, key, keyed, at)
	if err != nil {
		return err
	}
	return j.append(ctx, "what names were declared as", records...)
}

// baselineRecords makes the record of a baseline, with that of its key where nobody
// has recorded one.
func (j *Journal) baselineRecords(ctx context.Context, changed []Known, gone []string, key []byte, keyed bool, at time.Time) (records []store.Record, err error) {
	if keyed {
		persons, err := j.NewPersons(ctx)
		if err != nil {
			return nil, err
		}
		if persons.isNew {
			r, err := encode(about{kind: kindPersonKey, at: at}, personKeyData{key})
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
	}
	data, err := json.Marshal(baselineData{Groups: groupKnown(changed), Gone: textsOf(gone)})
	if err != nil {
		return nil, err
	}
	packed, err := pack(data)
	return append(records, about{kind: kindBaseline, at: at}.record(packed)), err
}

// groupKnown puts names together of which the same is known.
func groupKnown(all []Known) (groups []baselineGroup) {
	at := make(map[string]int)
	for i := range all {
		k := &all[i]
		key := fmt.Sprintf("%d %q %q %v", millis(k.Since), k.Declared, k.Open, k.Times)
		n, ok := at[key]
		if !ok {
			n = len(groups)
			groups = append(groups, newBaselineGroup(k))
			at[key] = n
		}
		groups[n].Names = append(groups[n].Names, text(k.Name))
	}
	return groups
}

func newBaselineGroup(k *Known) baselineGroup {
	g := baselineGroup{Declared: make(map[string]text, len(k.Declared)), At: millis(k.Since)}
	for attribute, hash := range k.Declared {
		g.Declared[attribute] = text(hash)
	}
	for id, o := range k.Open {
		if g.Open == nil {
			g.Open = make(map[string]openData, len(k.Open))
		}
		g.Open[id] = openData{Before: text(o.Before), Origin: text(o.Origin)}
	}
	for attribute, at := range k.Times {
		if g.Times == nil {
			g.Times = make(map[string]int64, len(k.Times))
		}
		g.Times[attribute] = millis(at)
	}
	return g
}

// foldBaseline makes one record of all that are there, before runs are forgotten
// that tell what was done since.
func (j *Journal) foldBaseline(ctx context.Context) error {
	var old []int64
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindBaseline}}, func(r *store.Record) error {
		old = append(old, r.Number)
		return nil
	})
	if err != nil || len(old) == 0 {
		return err
	}
	b, err := j.Baseline(ctx)
	if err != nil {
		return err
	}
	if b.Names != nil {
		all := make([]Known, len(b.Names))
		for i := range b.Names {
			all[i] = b.Names[i].folded()
		}
		records, err := j.baselineRecords(ctx, all, nil, nil, false, j.Now())
		if err != nil {
			return err
		}
		if err := j.append(ctx, "what names were declared as", records...); err != nil {
			return err
		}
	}
	return j.rewrite(ctx, old, nil)
}
