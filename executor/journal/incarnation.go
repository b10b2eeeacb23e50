package journal

import (
	"context"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Why records may be missing that were durable.
const (
	reasonCopied = "it does not lie where it lay when it was used last: it was put back from a backup, copied, or a replica took the place of its server"
	reasonCut    = "its records begin in the middle: those before are gone"
)

// NoticeLoss finds out whether records may be missing that were durable, and
// records that, so that it is told once. It is for whoever begins a run, after
// Bind. Nil: nothing of the kind is seen. What was put back in such a way that it
// looks as it did, as with a whole machine, only the account's own tasks show.
func (j *Journal) NoticeLoss(ctx context.Context) (*Loss, error) {
	reason, lies, err := j.suspicion(ctx)
	if err != nil {
		return nil, err
	}
	now := j.Now()
	var records []store.Record
	if lies != "" {
		r, err := incarnationRecord(lies, now)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	var l *Loss
	if reason != "" {
		l = &Loss{Reason: reason, At: fromMillis(millis(now))}
		r, err := lossRecord(*l)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	if records == nil {
		return nil, nil //nolint:nilnil // nothing is lost
	}
	return l, j.append(ctx, "what the journal lies in", records...)
}

// SuspectLoss is NoticeLoss for whoever only reads: nothing is recorded, so it is
// told again. The loss counts from now.
func (j *Journal) SuspectLoss(ctx context.Context) (*Loss, error) {
	reason, _, err := j.suspicion(ctx)
	if err != nil || reason == "" {
		return nil, err
	}
	return &Loss{Reason: reason, At: fromMillis(millis(j.Now()))}, nil
}

// suspicion returns why records may be missing, "" where nothing says so, and what
// the journal lies in now where that is not recorded.
func (j *Journal) suspicion(ctx context.Context) (reason, lies string, err error) {
	now, err := j.store.Incarnation(ctx)
	if err != nil {
		return "", "", err
	}
	var d incarnationData
	last, err := j.last(ctx, store.Query{Kinds: []string{kindIncarnation}}, &d)
	switch {
	case err != nil:
		return "", "", err
	case now != "" && last != nil && string(d.Incarnation) != now:
		return reasonCopied, now, nil
	case now != "" && last == nil:
		lies = now
	}
	cut, err := j.cut(ctx)
	if cut {
		reason = reasonCut
	}
	return reason, lies, err
}

// cut reports whether the journal has begun anew in a place that numbered records
// before, and nobody has said so yet.
func (j *Journal) cut(ctx context.Context) (bool, error) {
	var first *store.Record
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindBinding, kindRun, kindLoss, kindMove}}, func(r *store.Record) error {
		if first == nil {
			first = r
		}
		if r.Kind == kindLoss {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return false, nil
	}
	return err == nil && first != nil && first.Kind == kindBinding && first.Number > 1, err
}

// incarnationRecord makes the record of what a journal lies in.
func incarnationRecord(lies string, at time.Time) (store.Record, error) {
	return encode(about{kind: kindIncarnation, at: at}, incarnationData{Incarnation: text(lies)})
}
