package executor

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// baseline returns what the journal knows of names.
func baseline(ctx context.Context, j *journal.Journal) (*planner.Baseline, error) {
	from, err := j.Baseline(ctx)
	if err != nil {
		return nil, err
	}
	b := &planner.Baseline{Key: from.Key, Names: make([]planner.Known, len(from.Names))}
	for i := range from.Names {
		b.Names[i] = planner.Known(from.Names[i])
	}
	return b, nil
}

// recordBaseline records what an apply knows of names; nil: nothing new.
func recordBaseline(ctx context.Context, j *journal.Journal, u *planner.BaselineUpdate, at time.Time) error {
	if u == nil {
		return nil
	}
	changed := make([]journal.Known, len(u.Changed))
	for i := range u.Changed {
		changed[i] = journal.Known(u.Changed[i])
	}
	return j.RecordBaseline(ctx, changed, u.Gone, u.Key, u.Keyed, at)
}
