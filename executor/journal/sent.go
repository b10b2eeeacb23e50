package journal

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
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
// order in which they were sent. The texts of the persons of whom they tell are told to
// learn.
func (j *Journal) SentFor(ctx context.Context, names []string, learn personal.Map) ([]SentStep, error) {
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	records, err := j.recordsAbout(ctx, names)
	if err != nil {
		return nil, err
	}
	runs := j.personsOfRuns(learn)
	batches := make(fates)
	var sent []sentBatch
	for i := range records {
		r := &records[i]
		persons, err := runs.toldOf(ctx, r.Run, r.Data)
		if err != nil {
			return nil, err
		}
		r.Data = persons.resolve(r.Data)
		if r.Kind != kindIntent {
			if err := decodeFate(r, batches); err != nil {
				return nil, err
			}
			continue
		}
		n, err := decodeIntent(r)
		if err != nil {
			return nil, err
		}
		batches[r.Batch] = newBatch(n)
		sent = append(sent, sentBatch{batches[r.Batch], r.Run})
	}
	var all []SentStep
	for i := range sent {
		all = sent[i].appendSteps(all, wanted)
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

// sentBatch is a batch of a run.
type sentBatch struct {
	*Batch
	run int64
}

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
		if s.Message, s.RequestID = b.answer(step); s.State == Succeeded {
			s.Message = ""
		}
		all = append(all, s)
	}
	return all
}

// answer is what the service said of a step, or why it is not done, as far as that is
// recorded.
func (b *Batch) answer(step string) (message, requestID string) {
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
