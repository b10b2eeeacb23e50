package journal

import (
	"context"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Touched returns when runs since a time last did something to each name, or heard
// of it, and for which names something succeeded, and when.
func (j *Journal) Touched(ctx context.Context, since time.Time) (touched, succeeded map[string]time.Time, err error) {
	touched, succeeded = make(map[string]time.Time), make(map[string]time.Time)
	names := make(map[int64][]text) // by batch
	q := store.Query{Kinds: []string{kindIntent, kindSubmission, kindResult, kindConclusion}, Since: millis(since)}
	err = j.store.Load(ctx, q, func(r *store.Record) error {
		at := fromMillis(r.At)
		switch r.Kind {
		case kindIntent:
			var d intentData
			if err := decode(r, &d); err != nil {
				return err
			}
			names[r.Batch] = d.Names
		case kindResult:
			err := decodeAll(r, func(d resultData) {
				if name, _, ok := strings.Cut(string(d.Step), "/"); ok && d.Success {
					succeeded[name] = latest(succeeded[name], at)
				}
			})
			if err != nil {
				return err
			}
		}
		for _, name := range names[r.Batch] {
			touched[string(name)] = latest(touched[string(name)], at)
		}
		return nil
	})
	return touched, succeeded, err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
