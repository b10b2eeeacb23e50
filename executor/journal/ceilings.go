package journal

import (
	"bytes"
	"context"
	"time"
)

// RecordCeilings records what the files permit that are applied: the next run compares
// with it. The same as the last time is not recorded again.
func (j *Journal) RecordCeilings(ctx context.Context, data []byte, at time.Time) error {
	last, err := j.LastCeilings(ctx)
	if err != nil || last != nil && bytes.Equal(last, data) {
		return err
	}
	return j.appendPacked(ctx, "what the files permit", about{kind: kindCeilings, at: at}, data)
}

// LastCeilings returns what was recorded last, nil where nothing was.
func (j *Journal) LastCeilings(ctx context.Context) ([]byte, error) {
	return j.lastPacked(ctx, kindCeilings, "")
}
