package journal

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// A SentStep is a step of a change that a run sent, or meant to, and what is known of
// what became of it.
type SentStep struct {
	Run       int64
	At        time.Time // when it was meant to be sent
	Step      string    // its ID
	Operation string
	Task      string    // "": no task number is known
	State     State     // Intended, Submitted, InDoubt, Succeeded or Failed
	Known     time.Time // when that was recorded; zero: nothing was since it was meant to be sent
	Message   string    // why it is not done, as far as somebody said so
	RequestID string
}

// SentFor returns the steps of all runs for some names, which are canonical, in the
// order in which they were sent.
func (j *Journal) SentFor(ctx context.Context, names []string) ([]SentStep, error) {
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	records, err := j.recordsAbout(ctx, names)
	if err != nil {
		return nil, err
	}
	persons := make(map[int64]*Persons)
	batches := make(map[int64]*sentBatch)
	var order []*sentBatch
	for i := range records {
		r := &records[i]
		if persons[r.Run] == nil {
			if persons[r.Run], err = j.personsOf(ctx, r.Run); err != nil {
				return nil, err
			}
		}
		r.Data = persons[r.Run].resolve(r.Data)
		b := batches[r.Batch]
		if r.Kind == kindIntent {
			n, err := decodeIntent(r)
			if err != nil {
				return nil, err
			}
			b = &sentBatch{newBatch(n), r.Run}
			batches[r.Batch], order = b, append(order, b)
			continue
		}
		if err := decodeFate(r, b); err != nil {
			return nil, err
		}
	}
	var all []SentStep
	for _, b := range order {
		all = b.appendSteps(all, wanted)
	}
	return all, nil
}

// recordsAbout returns the records of the batches that are about some names, in their
// order. The others are not decoded: there may be those of years.
func (j *Journal) recordsAbout(ctx context.Context, names []string) (records []store.Record, err error) {
	about := make(map[int64]bool)
	q := store.Query{Kinds: []string{kindIntent, kindSubmission, kindFailure, kindResult, kindConclusion}}
	err = j.store.Load(ctx, q, func(r *store.Record) error {
		mentions := func(name string) bool { return bytes.Contains(r.Data, []byte(`"`+name+`"`)) }
		if r.Kind == kindIntent && slices.ContainsFunc(names, mentions) {
			about[r.Batch] = true
		}
		if about[r.Batch] {
			kept := *r
			kept.Data = bytes.Clone(r.Data)
			records = append(records, kept)
		}
		return nil
	})
	return records, err
}

// sentBatch is a batch of a run, which is told what became of it.
type sentBatch struct {
	*Batch
	run int64
}

func (b *sentBatch) submitted(s Submission) { b.Task = &s }

// appendSteps appends the steps of the batch for the names that are wanted.
func (b *sentBatch) appendSteps(all []SentStep, wanted map[string]bool) []SentStep {
	for _, step := range b.Steps {
		if name, _, _ := strings.Cut(step, "/"); !wanted[name] {
			continue
		}
		s := SentStep{Run: b.run, At: b.At, Step: step, Operation: b.Operation, State: b.Step(step), Known: b.KnownAt(step)}
		if b.Task != nil {
			s.Task = b.Task.Task
		}
		if s.State != Succeeded {
			s.Message, s.RequestID = b.whyUndone(step)
		}
		all = append(all, s)
	}
	return all
}

// whyUndone is what is recorded of why a step is not done.
func (b *Batch) whyUndone(step string) (message, requestID string) {
	if r, ok := b.Result(step); ok {
		return r.Message, r.RequestID
	}
	if c, ok := b.Conclusion(step); ok {
		return c.Reason, ""
	}
	if o := b.Outcome(); o != nil {
		return cmp.Or(o.Message, o.Code), o.RequestID
	}
	return "", ""
}
