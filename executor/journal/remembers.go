package journal

import (
	"context"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// A Loss says that the journal has lost records, or may have: it was restored
// from a backup, or a replica without the last of them took its place.
type Loss struct {
	Reason string
	At     time.Time // when it was found out
}

// DeclareLoss records that the journal may lack what was done before now.
func (j *Journal) DeclareLoss(ctx context.Context, l Loss) error {
	r, err := lossRecord(l)
	if err != nil {
		return err
	}
	return j.append(ctx, "that records are lost", r)
}

// lossRecord makes the record of a loss.
func lossRecord(l Loss) (store.Record, error) {
	return encode(about{kind: kindLoss, at: l.At}, lossData{Reason: text(l.Reason)})
}

// LastLoss returns the loss that was declared last, nil where none was.
func (j *Journal) LastLoss(ctx context.Context) (*Loss, error) {
	var d lossData
	r, err := j.last(ctx, store.Query{Kinds: []string{kindLoss}}, &d)
	if err != nil || r == nil {
		return nil, err
	}
	return &Loss{Reason: string(d.Reason), At: fromMillis(r.At)}, nil
}

// RemembersSince returns since when the journal holds all that was done with it:
// since its first use, or since it was declared to have lost records, or since now
// where that is suspected. Zero: it was not used yet.
func (j *Journal) RemembersSince(ctx context.Context) (time.Time, error) {
	if l, err := j.SuspectLoss(ctx); err != nil || l != nil {
		return l.since(), err
	}
	if l, err := j.LastLoss(ctx); err != nil || l != nil {
		return l.since(), err
	}
	return j.firstUse(ctx)
}

func (l *Loss) since() time.Time {
	if l == nil {
		return time.Time{}
	}
	return l.At
}

// errFound ends a reading that has found what it looked for.
var errFound = errors.New("found")

// firstUse returns when the journal was bound to its account; zero where it was not.
func (j *Journal) firstUse(ctx context.Context) (at time.Time, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindBinding, kindRun}}, func(r *store.Record) error {
		at = fromMillis(r.At)
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return at, err
}
