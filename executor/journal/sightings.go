package journal

import (
	"context"
	"time"
)

// Sight records that some things are live and others are not. What was known
// before is not written again; what is both is live from now on.
func (j *Journal) Sight(ctx context.Context, live, gone []string, at time.Time) error {
	seen, err := j.Seen(ctx)
	if err != nil {
		return err
	}
	type row struct {
		mark string
		live bool
	}
	var rows []row
	for _, mark := range gone {
		if !seen[mark].IsZero() {
			rows = append(rows, row{mark, false})
			delete(seen, mark)
		}
	}
	for _, mark := range live {
		if seen[mark].IsZero() {
			rows = append(rows, row{mark, true})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return j.write(ctx, "what is live", func(add insert) error {
		for _, r := range rows {
			if _, err := add(`INSERT INTO sightings (mark, live, at) VALUES (?, ?, ?)`, r.mark, r.live, millis(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Seen returns since when things are known to be live.
func (j *Journal) Seen(ctx context.Context) (map[string]time.Time, error) {
	seen := make(map[string]time.Time)
	err := j.each(ctx, func(scan scanner) error {
		var mark string
		var live bool
		var at int64
		if err := scan(&mark, &live, &at); err != nil {
			return err
		}
		if live {
			seen[mark] = fromMillis(at)
		} else {
			delete(seen, mark)
		}
		return nil
	}, `SELECT mark, live, at FROM sightings ORDER BY rowid`)
	return seen, err
}
