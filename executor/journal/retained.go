package journal

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// retainedData says that persons of runs that ended before a time are forgotten.
type retainedData struct {
	Before int64 `json:"before"`
	// Room says that something that was forgotten still takes its room.
	Room bool `json:"room,omitempty"`
}

// ForgottenBefore returns the time before which a run must have ended for its
// persons to be forgotten already, as far as [Journal.NoteForgotten] tells; zero:
// nothing is known.
func (j *Journal) ForgottenBefore(ctx context.Context) (time.Time, error) {
	var d retainedData
	_, err := j.last(ctx, store.Query{Kinds: []string{kindRetained}}, &d)
	return fromMillis(d.Before), err
}

// NoteForgotten records that the persons of runs that ended before a time are
// forgotten, so that later runs need not look there again.
func (j *Journal) NoteForgotten(ctx context.Context, before time.Time) error {
	return j.note(ctx, retainedData{Before: millis(before)})
}

func (j *Journal) note(ctx context.Context, d retainedData) error {
	r, err := encode(about{kind: kindRetained, at: j.Now()}, d)
	if err != nil {
		return err
	}
	return j.append(ctx, "what is forgotten", r)
}

// roomTaken reports whether something that was forgotten still takes its room.
func (j *Journal) roomTaken(ctx context.Context) (bool, error) {
	var d retainedData
	_, err := j.last(ctx, store.Query{Kinds: []string{kindRetained}}, &d)
	return d.Room, err
}

// noteRoom records whether something that was forgotten still takes its room.
func (j *Journal) noteRoom(ctx context.Context, taken bool) error {
	before, err := j.ForgottenBefore(ctx)
	if err != nil {
		return err
	}
	return j.note(ctx, retainedData{Before: millis(before), Room: taken})
}
