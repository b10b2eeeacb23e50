package journal

import (
	"context"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// A Touch is what runs did last to a name.
type Touch struct {
	At    time.Time // when they did it, or heard of it
	Batch int64     // the last batch that is about the name
}

// Touched returns what runs since a time last did to each name, and for which names
// something succeeded, and when.
func (j *Journal) Touched(ctx context.Context, since time.Time) (touched map[string]Touch, succeeded map[string]time.Time, err error) {
	touched, succeeded = make(map[string]Touch), make(map[string]time.Time)
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
			t := touched[string(name)]
			touched[string(name)] = Touch{latest(t.At, at), max(t.Batch, r.Batch)}
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
