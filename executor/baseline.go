package executor

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/config/attr"
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
		k := &from.Names[i]
		known := planner.Known{Name: k.Name, Declared: k.Declared, Since: k.Since, Times: k.Times}
		if len(k.Open) > 0 {
			known.Open = make(map[string]planner.OpenChange, len(k.Open))
		}
		for id, o := range k.Open {
			known.Open[id] = planner.OpenChange{Before: o.Before, Origin: attr.Origin(o.Origin)}
		}
		if len(k.Sent) > 0 {
			known.Sent = make(map[string]time.Time, len(k.Sent))
		}
		for id, s := range k.Sent {
			known.Sent[id] = s.Verified
		}
		b.Names[i] = known
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
		k := &u.Changed[i]
		changed[i] = journal.Known{Name: k.Name, Declared: k.Declared, Since: k.Since, Times: k.Times}
		if len(k.Open) > 0 {
			changed[i].Open = make(map[string]journal.OpenChange, len(k.Open))
		}
		for id, o := range k.Open {
			changed[i].Open[id] = journal.OpenChange{Before: o.Before, Origin: string(o.Origin)}
		}
	}
	return j.RecordBaseline(ctx, changed, u.Gone, u.Key, u.Keyed, at)
}
