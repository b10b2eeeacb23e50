package journal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

// A Purchase is what a batch orders for one name. It is recorded with the
// batch's intent.
type Purchase struct {
	Run      int64     `json:"run"`
	Batch    int64     `json:"batch"`
	Step     string    `json:"step"`
	Domain   string    `json:"domain"`
	Kind     string    `json:"kind"`   // the attribute
	Before   string    `json:"before"` // its live value, as JSON
	Years    int       `json:"years"`
	Amount   int64     `json:"amount"` // in hundredths of the currency's unit
	Known    bool      `json:"known"`  // false: it costs Amount at most
	Currency string    `json:"currency"`
	At       time.Time `json:"at"`
	State    State     `json:"state"` // of the step in the batch
	// Task is the order task; "": none is known. Message is what the account answered, and
	// RequestID the request that it answered so, or in which the order was taken.
	Task, Message, RequestID string `json:"-"`
}

// Purchases returns what was ordered since a time, the oldest first, failed
// orders included. The texts of the persons of whom an answer tells are told to learn;
// nil: nobody is told.
func (j *Journal) Purchases(ctx context.Context, since time.Time, learn personal.Map) ([]Purchase, error) {
	var all []Purchase
	batches := make(map[int64]*Batch)
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindPurchase}, Since: millis(since)}, func(r *store.Record) error {
		if batches[r.Batch] == nil {
			batches[r.Batch] = newBatch(Intent{Batch: r.Batch})
		}
		return decodeAll(r, func(d purchaseData) {
			batches[r.Batch].Steps = append(batches[r.Batch].Steps, string(d.Step))
			all = append(all, Purchase{
				Run: r.Run, Batch: r.Batch, Step: string(d.Step), Domain: string(d.Domain), Kind: string(d.Kind), Before: string(d.Before),
				Years: d.Years, Amount: d.Amount, Known: d.Known, Currency: string(d.Currency), At: fromMillis(r.At),
			})
		})
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = j.store.Load(ctx, store.Query{
		Kinds: []string{kindSubmission, kindFailure, kindResult, kindConclusion}, Batches: slices.Sorted(maps.Keys(batches)),
	}, func(r *store.Record) error { return decodeFate(r, fates(batches)) })
	if err != nil {
		return nil, err
	}
	runs := j.personsOfRuns(learn)
	for i := range all {
		p := &all[i]
		p.answeredIn(batches[p.Batch])
		persons, err := runs.toldOf(ctx, p.Run, []byte(p.Message))
		if err != nil {
			return nil, err
		}
		p.Message = persons.resolveText(p.Message)
	}
	slices.SortStableFunc(all, func(a, b Purchase) int {
		return cmp.Or(cmp.Compare(a.Batch, b.Batch), cmp.Compare(a.Step, b.Step))
	})
	return all, nil
}

// answeredIn adds what became of the order in its batch.
func (p *Purchase) answeredIn(b *Batch) {
	p.State = b.Step(p.Step)
	p.Message, p.RequestID = b.answer(p.Step)
	if b.Task != nil {
		p.Task, p.RequestID = b.Task.Task, cmp.Or(p.RequestID, b.Task.RequestID)
	}
}

// fates are batches of which only their end matters.
type fates map[int64]*Batch

func (f fates) submitted(s Submission) { f[s.Batch].Task = &s }
func (f fates) failed(o CallFailure)   { f[o.Batch].failed(o) }
func (f fates) settled(r Result)       { f[r.Batch].settled(r) }
func (f fates) concluded(c Conclusion) { f[c.Batch].concluded(c) }
