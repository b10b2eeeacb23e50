package journal

import (
	"context"
	"fmt"
	"time"
)

// Pruned is what [Journal.Prune] has forgotten, and what it could not.
type Pruned struct {
	Runs []int64 // forgotten
	Kept []int64 // ended as long ago, but something of them is not known
}

// facts are the tables whose rows belong to batches, those that refer to others
// first.
var facts = []string{"acknowledgements", "results", "conclusions", "submissions", "outcomes", "purchases"}

// Prune forgets the runs that ended before a time, with all that they did, and
// gives their room back. The last run stays, for what it declared, and so does
// every run with a batch that did not come to its end. What was seen live is
// remembered for good. In doing so the journal forgets which tasks were its own,
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
	if len(p.Runs) == 0 {
		return p, nil
	}
	if err := j.forget(ctx, p.Runs); err != nil {
		return Pruned{}, err
	}
	if _, err := j.db.ExecContext(ctx, `VACUUM`); err != nil {
		return p, fmt.Errorf("the runs are forgotten, but their room is not given back: %w", err)
	}
	return p, nil
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

// forget removes runs, all of them or none.
func (j *Journal) forget(ctx context.Context, runs []int64) error {
	return j.write(ctx, "what is forgotten", func(remove insert) error {
		for _, id := range runs {
			for _, table := range facts {
				if _, err := remove(`DELETE FROM `+table+` WHERE batch IN (SELECT batch FROM intents WHERE run = ?)`, id); err != nil {
					return err
				}
			}
			for _, table := range []string{"intents", "verifications", "marks"} {
				if _, err := remove(`DELETE FROM `+table+` WHERE run = ?`, id); err != nil {
					return err
				}
			}
			if _, err := remove(`DELETE FROM runs WHERE id = ?`, id); err != nil {
				return err
			}
		}
		_, err := remove(`DELETE FROM declarations WHERE hash NOT IN (SELECT declared FROM runs)`)
		return err
	})
}
