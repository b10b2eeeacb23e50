package journal

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// outdated are records about the account, and parts of such, that decide nothing any
// more.
type outdated struct {
	gone []int64        // numbers of records
	left []store.Record // what remains in place of others
	// facts counts what they say, each pause, approval or statement once.
	facts int
}

// Outdated returns how many pauses, approvals and statements decide nothing after a
// time, and whether something that was forgotten still takes its room: [Journal.Prune]
// forgets the ones, and gives the other back.
func (j *Journal) Outdated(ctx context.Context, before time.Time) (facts int, room bool, err error) {
	o, err := j.outdated(ctx, before, nil)
	if err != nil {
		return 0, false, err
	}
	room, err = j.roomTaken(ctx)
	return o.facts, room, err
}

// outdated returns what of pauses, approvals and statements decides nothing after a
// time, where some runs are forgotten as well.
func (j *Journal) outdated(ctx context.Context, before time.Time, runs []int64) (*outdated, error) {
	o := new(outdated)
	err := o.pauses(ctx, j, before)
	if err == nil {
		err = o.replaced(ctx, j, before)
	}
	if err == nil {
		err = o.approvals(ctx, j, before, runs)
	}
	if err == nil {
		err = o.sightings(ctx, j, before)
	}
	return o, err
}

// sightings adds what was seen live and had ended before a time, and the ends of which
// nothing is left that they end: what is known to be live stays the same, however many
// of these changes are made. So an end goes one pruning later than what it ended. They
// are no facts of their own: what marks say is in them.
func (o *outdated) sightings(ctx context.Context, j *Journal, before time.Time) error {
	type row struct {
		sightingData
		ends bool // something before it
	}
	type seen struct {
		record store.Record
		rows   []row
	}
	var all []seen
	begun, ended := make(map[string]bool), make(map[string]int) // after how many records a mark ended last
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindSighting}}, func(r *store.Record) error {
		s := seen{record: *r}
		s.record.Data = nil
		err := decodeAll(r, func(d sightingData) {
			mark := string(d.Mark)
			s.rows = append(s.rows, row{d, begun[mark]})
			if begun[mark] = begun[mark] || d.Live; !d.Live && fromMillis(r.At).Before(before) {
				ended[mark] = len(all)
			}
		})
		all = append(all, s)
		return err
	})
	for i, s := range all {
		var rest []sightingData
		for _, d := range s.rows {
			end, over := ended[string(d.Mark)]
			if !over || d.Live && i >= end || !d.Live && (d.ends || i > end) {
				rest = append(rest, d.sightingData)
			}
		}
		switch {
		case len(rest) == len(s.rows):
		case len(rest) == 0:
			o.gone = append(o.gone, s.record.Number)
		default:
			r, failed := encode(about{kind: kindSighting, at: fromMillis(s.record.At)}, rest)
			r.Number, err = s.record.Number, cmp.Or(err, failed)
			o.left = append(o.left, r)
		}
	}
	return err
}

// pauses adds those that ended before a time, by themselves or by somebody's word,
// with what ended them. The last one stays, whose ID the next one follows.
func (o *outdated) pauses(ctx context.Context, j *Journal, before time.Time) error {
	holds, err := j.Pauses(ctx, before)
	if err != nil {
		return err
	}
	needed := make(map[int64]bool)
	for _, p := range holds {
		needed[p.ID] = true
	}
	byID, last := make(map[int64][]int64), int64(0)
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindPause, kindUnpause}}, func(r *store.Record) error {
		var d struct {
			ID int64 `json:"id"`
		}
		err := decode(r, &d)
		byID[d.ID] = append(byID[d.ID], r.Number)
		if r.Kind == kindPause {
			last = d.ID
		}
		if !fromMillis(r.At).Before(before) {
			needed[d.ID] = true // it was made or ended since
		}
		return err
	})
	for id, numbers := range byID {
		if !needed[id] && id != last {
			o.gone, o.facts = append(o.gone, numbers...), o.facts+1
		}
	}
	return err
}

// replaced adds what was stated before a time of the orders of others, noted of persons
// that are forgotten, told at a place, permitted by the files, and ruled by a fleet, where something later
// was: the last of each counts.
func (o *outdated) replaced(ctx context.Context, j *Journal, before time.Time) error {
	earlier := make(map[string]int64)
	return j.store.Load(ctx, store.Query{Kinds: []string{kindSpent, kindRetained, kindTold, kindCeilings, kindRule}}, func(r *store.Record) error {
		each := r.Kind + " " + r.Key
		if number := earlier[each]; number != 0 {
			o.gone, o.facts = append(o.gone, number), o.facts+1
		}
		if delete(earlier, each); fromMillis(r.At).Before(before) {
			earlier[each] = r.Number
		}
		return nil
	})
}

// approvals adds those that ended before a time, and those that were used by runs
// that are forgotten: nothing would tell that they are used.
func (o *outdated) approvals(ctx context.Context, j *Journal, before time.Time, runs []int64) error {
	u, err := j.approvalsAfter(ctx, before)
	if err != nil {
		return err
	}
	remain := make(map[int64][]Approval) // by the number of the record
	for i, a := range u.all {
		if !slices.ContainsFunc(u.usedBy[i], func(run int64) bool { return slices.Contains(runs, run) }) {
			remain[u.records[i]] = append(remain[u.records[i]], a)
		}
	}
	for number, were := range u.counts {
		some := remain[number]
		o.facts += were - len(some)
		switch {
		case len(some) == were:
		case len(some) == 0:
			o.gone = append(o.gone, number)
		default:
			records, err := encodeAll(some, describeApproval)
			if err != nil {
				return err
			}
			records[0].Number = number
			o.left = append(o.left, records[0])
		}
	}
	return nil
}
