package journal

import (
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Pruned is what [Journal.Prune] has forgotten, and what it could not.
type Pruned struct {
	Runs []int64 // forgotten
	Kept []int64 // ended as long ago, but something of them is not known
	// Facts are how many pauses, approvals and statements were forgotten that decide
	// nothing any more.
	Facts int
}

// Prune forgets the runs that ended before a time, with all that they did, and
// gives their room back. The last run stays, for what it declared, and so does
// every run with a batch that did not come to its end. Pauses and approvals go that
// ended before the time, and approvals that were used by runs which go. Where there is
// nothing to forget, it gives back the room that an earlier one could not. What was
// seen live is remembered as long as it is; what was seen to end is forgotten with
// what else goes. In doing so the journal forgets which tasks were its own,
// and what was bought.
func (j *Journal) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	var p Pruned
	runs, err := j.Runs(ctx)
	if err != nil {
		return p, err
	}
	for i := range runs {
		if end := runs[i].Ended(); end.IsZero() || !end.Before(before) || i == len(runs)-1 {
			continue
		}
		over, err := j.over(ctx, runs[i].ID)
		if err != nil {
			return p, err
		}
		if over {
			p.Runs = append(p.Runs, runs[i].ID)
		} else {
			p.Kept = append(p.Kept, runs[i].ID)
		}
	}
	old, err := j.outdated(ctx, before, p.Runs)
	if err != nil {
		return Pruned{}, err
	}
	taken, err := j.roomTaken(ctx)
	if err != nil || len(p.Runs)+old.facts == 0 && !taken {
		return p, err
	}
	if len(p.Runs) > 0 {
		if err := j.foldBaseline(ctx); err != nil && !RoomKept(err) {
			return Pruned{}, err
		}
	}
	err = j.forget(ctx, p.Runs, old)
	if err != nil && !RoomKept(err) {
		return Pruned{}, err
	}
	if RoomKept(err) != taken {
		if err := j.noteRoom(ctx, !taken); err != nil {
			return p, err
		}
	}
	p.Facts = old.facts
	return p, err
}

// over reports whether all batches of a run have come to their end.
func (j *Journal) over(ctx context.Context, id int64) (bool, error) {
	l, err := j.Ledger(ctx, id)
	if err != nil {
		return false, err
	}
	for _, b := range l.Batches {
		if s := b.State(); s != Acknowledged && s != Failed {
			return false, nil
		}
	}
	return true, nil
}

// forget removes runs, all of them or none, declarations that no other run made, and
// what is outdated.
func (j *Journal) forget(ctx context.Context, runs []int64, old *outdated) error {
	needed, kept := make(map[string]bool), make(map[string]int64)
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindRun, kindDeclaration}}, func(r *store.Record) error {
		if r.Kind == kindDeclaration {
			kept[r.Key] = r.Number
			return nil
		}
		run, declared, err := decodeRun(r)
		needed[declared] = needed[declared] || !slices.Contains(runs, run.ID)
		return err
	})
	if err != nil {
		return err
	}
	unused := old.gone
	for hash, number := range kept {
		if !needed[hash] {
			unused = append(unused, number)
		}
	}
	return j.forgetting(ctx, func(ctx context.Context) error {
		if len(old.left) > 0 { // first: without its run an approval would seem not to be used
			if err := j.store.Replace(ctx, old.left); err != nil && !RoomKept(err) {
				return err
			}
		}
		return j.store.Remove(ctx, runs, unused)
	})
}
