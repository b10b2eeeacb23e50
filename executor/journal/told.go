package journal

import (
	"context"
	"time"
)

// RecordTold records what people at a place know of the account, as JSON that holds
// no text of a person. A later record of the place replaces it.
func (j *Journal) RecordTold(ctx context.Context, place string, known []byte, at time.Time) error {
	return j.appendPacked(ctx, "what was told", about{kind: kindTold, key: place, at: at}, known)
}

// Told returns what people at a place know of the account, as it was recorded last;
// nil: nobody has told them anything.
func (j *Journal) Told(ctx context.Context, place string) ([]byte, error) {
	return j.lastPacked(ctx, kindTold, place)
}
