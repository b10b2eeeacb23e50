package executor

import (
	"context"
	"reflect"
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
	opens := make(map[uintptr]map[string]planner.OpenChange)
	b := &planner.Baseline{Key: from.Key, Names: make([]planner.Known, len(from.Names))}
	for i := range from.Names {
		k := &from.Names[i]
		known := planner.Known{Name: k.Name, Declared: k.Declared, Since: k.Since, Times: k.Times, Sent: k.Sent}
		known.Open = eachOnce(opens, k.Open, func(o journal.OpenChange) planner.OpenChange {
			return planner.OpenChange{Before: o.Before, Origin: attr.Origin(o.Origin)}
		})
		b.Names[i] = known
	}
	return b, nil
}

// recordBaseline records what an apply knows of names; nil: nothing new.
func recordBaseline(ctx context.Context, j *journal.Journal, u *planner.BaselineUpdate, at time.Time) error {
	if u == nil {
		return nil
	}
	opens := make(map[uintptr]map[string]journal.OpenChange)
	changed := make([]journal.Known, len(u.Changed))
	for i := range u.Changed {
		k := &u.Changed[i]
		changed[i] = journal.Known{Name: k.Name, Declared: k.Declared, Since: k.Since, Times: k.Times}
		changed[i].Open = eachOnce(opens, k.Open, func(o planner.OpenChange) journal.OpenChange {
			return journal.OpenChange{Before: o.Before, Origin: string(o.Origin)}
		})
	}
	return j.RecordBaseline(ctx, changed, u.Gone, u.Key, u.Keyed, at)
}

// eachOnce converts what names share once, and lets them share it again.
func eachOnce[A, B any](there map[uintptr]map[string]B, from map[string]A, convert func(A) B) map[string]B {
	if len(from) == 0 {
		return nil
	}
	at := reflect.ValueOf(from).Pointer()
	if there[at] == nil {
		to := make(map[string]B, len(from))
		for key, v := range from {
			to[key] = convert(v)
		}
		there[at] = to
	}
	return there[at]
}
