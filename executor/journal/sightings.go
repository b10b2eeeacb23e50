package journal

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Sight records that some things are live and others are not. What is in both
// lists counts as live from now on. What was known before is not written again.
func (j *Journal) Sight(ctx context.Context, live, gone []string, at time.Time) error {
	seen, err := j.Seen(ctx)
	if err != nil {
		return err
	}
	var rows []sightingData
	for _, mark := range gone {
		if !seen[mark].IsZero() {
			rows = append(rows, sightingData{text(mark), false})
			delete(seen, mark)
		}
	}
	for _, mark := range live {
		if seen[mark].IsZero() {
			rows = append(rows, sightingData{text(mark), true})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	r, err := encode(about{kind: kindSighting, at: at}, rows)
	if err != nil {
		return err
	}
	return j.append(ctx, "what is live", r)
}

// Seen returns since when things are known to be live.
func (j *Journal) Seen(ctx context.Context) (map[string]time.Time, error) {
	seen := make(map[string]time.Time)
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindSighting}}, func(r *store.Record) error {
		return decodeAll(r, func(d sightingData) {
			if d.Live {
				seen[string(d.Mark)] = fromMillis(r.At)
			} else {
				delete(seen, string(d.Mark))
			}
		})
	})
	return seen, err
}
