package journal

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// State says where a batch or a step stands.
type State string

// The states. A batch is intended, submitted, settled and acknowledged, or it
// is failed or in doubt; a step is planned until it is in a batch, and ends as
// succeeded or failed.
const (
	Planned      State = "planned"
	Intended     State = "intended"  // the request may have left, the answer is not known
	Submitted    State = "submitted" // the service saved a task
	Settled      State = "settled"   // every step has a result
	Acknowledged State = "acknowledged"
	Succeeded    State = "succeeded"
	Failed       State = "failed"
	InDoubt      State = "in doubt"
)

// A Batch is one request and the facts about it.
type Batch struct {
	Intent
	Task     *Submission // nil: no task number is known
	Outcomes []CallFailure

	results      []heldResult   // in the order in which they came
	byStep       []int32        // where the first result of each step stands in results, counted from 1; 0: it has none
	strays       map[int]string // the steps of results that name none of the batch, by where they stand in results
	steps, names *index         // of the intent; nil: nothing was looked for yet
	conclusions  map[string]Conclusion
	unacked      int
}

// heldResult is a result of a step of the batch, in few bytes: a run may have a
// million.
type heldResult struct {
	detail, message, requestID string
	at                         int64 // in microseconds since the epoch; 0: nobody knows
	step                       int32 // where it stands in the batch; -1: nowhere
	success                    bool
}

func newBatch(n Intent) *Batch { return &Batch{Intent: n} }

func (b *Batch) failed(o CallFailure) { b.Outcomes = append(b.Outcomes, o) }

func (b *Batch) settled(r Result) {
	if b.results == nil {
		b.results, b.byStep = make([]heldResult, 0, len(b.Steps)), make([]int32, len(b.Steps))
	}
	h := heldResult{detail: r.Detail, message: r.Message, requestID: r.RequestID, step: int32(b.findStep(r.Step)), success: r.Success}
	if !r.At.IsZero() {
		h.at = r.At.UnixMicro()
	}
	switch {
	case h.step >= 0 && b.byStep[h.step] == 0:
		b.byStep[h.step] = int32(len(b.results) + 1)
	case h.step < 0 && r.Step != "":
		if b.strays == nil {
			b.strays = make(map[int]string)
		}
		b.strays[len(b.results)] = r.Step
	}
	b.results = append(b.results, h)
	b.unacked++
}

// findStep returns where a step stands in the batch, -1 where it does not.
func (b *Batch) findStep(step string) int {
	if b.steps == nil {
		b.steps = newIndex(b.Steps)
	}
	return b.steps.find(step)
}

// FindName returns where a name stands in the batch, -1 where it does not.
func (b *Batch) FindName(name string) int {
	if b.names == nil {
		b.names = newIndex(b.Names)
	}
	return b.names.find(name)
}

// Results ranges over the results of the batch in the order in which they came.
func (b *Batch) Results() iter.Seq[Result] {
	return func(yield func(Result) bool) {
		for i := range b.results {
			if !yield(b.result(i)) {
				return
			}
		}
	}
}

func (b *Batch) result(i int) Result {
	h := &b.results[i]
	r := Result{Batch: b.Batch, Detail: h.detail, Step: b.strays[i], Success: h.success, Message: h.message, RequestID: h.requestID}
	if h.step >= 0 {
		r.Step = b.Steps[h.step]
	}
	if h.at != 0 {
		r.At = time.UnixMicro(h.at).UTC()
	}
	return r
}

func (b *Batch) concluded(c Conclusion) {
	if b.conclusions == nil {
		b.conclusions = make(map[string]Conclusion)
	}
	b.conclusions[c.Step] = c
}

// Outcome returns how the batch's call ended; nil where it brought a task
// number, and where nobody knows.
func (b *Batch) Outcome() *CallFailure {
	if b.Task != nil || len(b.Outcomes) == 0 {
		return nil
	}
	return &b.Outcomes[len(b.Outcomes)-1]
}

// Result returns the result of a step.
func (b *Batch) Result(step string) (Result, bool) {
	if len(b.results) == 0 {
		return Result{}, false
	}
	at := b.findStep(step)
	if at < 0 || b.byStep[at] == 0 {
		return Result{}, false
	}
	return b.result(int(b.byStep[at] - 1)), true
}

// Conclusion returns what was found out about a step.
func (b *Batch) Conclusion(step string) (Conclusion, bool) {
	c, ok := b.conclusions[step]
	return c, ok
}

// Step returns where a step of the batch stands.
func (b *Batch) Step(step string) State {
	if r, ok := b.Result(step); ok {
		if r.Success {
			return Succeeded
		}
		return Failed
	}
	if c, ok := b.conclusions[step]; ok {
		return map[Verdict]State{FoundDone: Succeeded, FoundNotDone: Planned, FoundRefused: Failed, FoundNothing: InDoubt}[c.Verdict]
	}
	if b.Task != nil {
		return Submitted
	}
	o := b.Outcome()
	switch {
	case o != nil && o.Kind == CallRefused:
		return Failed
	case o != nil && o.Kind == CallNotDone:
		return Planned
	}
	return Intended
}

// KnownAt returns when a step came to stand where it does; zero while nothing
// is known of it.
func (b *Batch) KnownAt(step string) time.Time {
	if r, ok := b.Result(step); ok {
		return r.At
	}
	return b.conclusions[step].At
}

// State returns where the batch stands: as far as the last of its steps.
func (b *Batch) State() State {
	count := make(map[State]int)
	for _, s := range b.Steps {
		count[b.Step(s)]++
	}
	switch {
	case count[InDoubt] > 0:
		return InDoubt
	case count[Intended] > 0:
		return Intended
	case count[Submitted] > 0:
		return Submitted
	case b.Task == nil && count[Succeeded] == 0:
		return Failed
	case b.unacked > 0:
		return Settled
	}
	return Acknowledged
}

// A Ledger is what the journal holds of one run. Its writes are durable before
// they count.
type Ledger struct {
	Run
	Batches       []*Batch
	Verifications []Verification

	journal *Journal
	persons *Persons
	byID    map[int64]*Batch
	byTask  map[string]*Batch
	byStep  map[string]*Batch  // the last batch of each step
	details map[string]onQueue // of the service's queue, by number
}

// onQueue is what is known of a detail of the service's queue.
type onQueue struct {
	batch *Batch // whose result it holds; nil: none that is recorded
	acked bool
}

func newLedger(j *Journal, r Run) *Ledger {
	return &Ledger{
		Run: r, journal: j, persons: r.Persons,
		byID: make(map[int64]*Batch), byTask: make(map[string]*Batch), byStep: make(map[string]*Batch),
		details: make(map[string]onQueue),
	}
}

// Persons are those to whom what the run records refers.
func (l *Ledger) Persons() *Persons { return l.persons }

// append makes records durable, all or none, with those of persons whom they name
// first.
func (l *Ledger) append(ctx context.Context, what string, records ...store.Record) error {
	for i := range records {
		if err := l.persons.hideRecord(&records[i], nil); err != nil {
			return err
		}
	}
	first, err := l.persons.records(l.ID, l.journal.Now())
	if err != nil {
		return err
	}
	return l.journal.append(ctx, what, append(first, records...)...)
}

// Step returns where a step stands, and the last batch that it was in.
func (l *Ledger) Step(id string) (State, *Batch) {
	b := l.byStep[id]
	if b == nil {
		return Planned, nil
	}
	return b.Step(id), b
}

// Task returns the batch of a task, nil for a task that is not of this run.
func (l *Ledger) Task(no string) *Batch { return l.byTask[no] }

// Known reports whether the result of a detail is recorded.
func (l *Ledger) Known(detail string) bool { return l.details[detail].batch != nil }

// Unacknowledged returns the details whose result is recorded and still on the
// service's queue, in order.
func (l *Ledger) Unacknowledged() []string {
	var details []string
	for _, b := range l.Batches {
		if b.unacked == 0 {
			continue
		}
		for i := range b.results {
			if d := b.results[i].detail; !l.details[d].acked {
				details = append(details, d)
			}
		}
	}
	return details
}

// Intend records requests that are about to leave, and returns their batches.
func (l *Ledger) Intend(ctx context.Context, intents []Intent) ([]*Batch, error) {
	intents = slices.Clone(intents)
	first, err := l.journal.reserve(ctx, len(intents))
	if err != nil {
		return nil, err
	}
	var records []store.Record
	for i := range intents {
		intents[i].Batch = first + int64(i)
		more, err := l.encodeIntent(&intents[i])
		if err != nil {
			return nil, err
		}
		records = append(records, more...)
	}
	if err := l.append(ctx, "an intent", records...); err != nil {
		return nil, err
	}
	batches := make([]*Batch, len(intents))
	for i, n := range intents {
		batches[i] = l.intended(n)
	}
	return batches, nil
}

// encodeIntent makes the records of an intent: what is sent, and what it orders.
func (l *Ledger) encodeIntent(n *Intent) ([]store.Record, error) {
	data := intentData{
		Operation: text(n.Operation), Key: text(n.Key), Steps: textsOf(n.Steps), Names: textsOf(n.Names), Timestamp: millis(n.Timestamp),
	}
	if n.Request != nil {
		data.Request = make(map[string]text, len(n.Request))
	}
	for name, value := range n.Request {
		data.Request[name] = text(value)
	}
	r, err := encode(about{kind: kindIntent, run: l.ID, batch: n.Batch, at: n.At}, data)
	if err != nil {
		return nil, err
	}
	purchases, err := encodeAll(n.Purchases, func(p Purchase) (about, purchaseData) {
		return about{kind: kindPurchase, run: l.ID, batch: n.Batch, at: n.At}, purchaseData{
			Step: text(p.Step), Domain: text(p.Domain), Kind: text(p.Kind), Before: text(p.Before),
			Years: p.Years, Amount: p.Amount, Known: p.Known, Currency: text(p.Currency),
		}
	})
	return append([]store.Record{r}, purchases...), err
}

func (l *Ledger) intended(n Intent) *Batch {
	b := newBatch(n)
	l.Batches = append(l.Batches, b)
	l.byID[n.Batch] = b
	for _, s := range n.Steps {
		l.byStep[s] = b
	}
	return b
}

// Submit records the task of a batch.
func (l *Ledger) Submit(ctx context.Context, s Submission) error {
	r, err := encode(about{kind: kindSubmission, key: s.Task, run: l.ID, batch: s.Batch, at: s.At}, submissionData{
		RequestID: text(s.RequestID), Adopted: s.Adopted, Operation: text(l.byID[s.Batch].Operation),
	})
	if err != nil {
		return err
	}
	if err := l.append(ctx, "task "+s.Task, r); err != nil {
		return err
	}
	l.submitted(s)
	return nil
}

func (l *Ledger) submitted(s Submission) {
	b := l.byID[s.Batch]
	b.Task = &s
	l.byTask[s.Task] = b
}

// Fail records a call that brought no task number.
func (l *Ledger) Fail(ctx context.Context, o CallFailure) error {
	r, err := encode(about{kind: kindFailure, run: l.ID, batch: o.Batch, at: o.At}, failureData{
		Kind: text(o.Kind), Code: text(o.Code), Message: text(o.Message), RequestID: text(o.RequestID),
	})
	if err != nil {
		return err
	}
	if err := l.append(ctx, "the outcome of a call", r); err != nil {
		return err
	}
	l.failed(o)
	return nil
}

func (l *Ledger) failed(o CallFailure) { l.byID[o.Batch].failed(o) }

// Settle records results. Those that are recorded already are passed over.
func (l *Ledger) Settle(ctx context.Context, results []Result) error {
	fresh := make([]Result, 0, len(results))
	seen := make(map[string]bool, len(results))
	for _, r := range results {
		if !l.Known(r.Detail) && !seen[r.Detail] {
			fresh = append(fresh, r)
			seen[r.Detail] = true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	records, err := encodeAll(fresh, func(r Result) (about, resultData) {
		return about{kind: kindResult, run: l.ID, batch: r.Batch, at: r.At}, resultData{
			Detail: text(r.Detail), Step: text(r.Step), Success: r.Success, Message: text(r.Message), RequestID: text(r.RequestID),
		}
	})
	if err != nil {
		return err
	}
	if err := l.append(ctx, "results", records...); err != nil {
		return err
	}
	for _, r := range fresh {
		l.settled(r)
	}
	return nil
}

func (l *Ledger) settled(r Result) {
	b, d := l.byID[r.Batch], l.details[r.Detail]
	b.settled(r)
	d.batch = b
	l.details[r.Detail] = d
}

// Acknowledge records results that are off the service's queue.
func (l *Ledger) Acknowledge(ctx context.Context, acks []Acknowledgement) error {
	fresh := slices.DeleteFunc(slices.Clone(acks), func(a Acknowledgement) bool { return l.details[a.Detail].acked })
	if len(fresh) == 0 {
		return nil
	}
	records, err := encodeAll(fresh, func(a Acknowledgement) (about, acknowledgementData) {
		return about{kind: kindAcknowledgement, run: l.ID, batch: l.batchOf(a.Detail), at: a.At}, acknowledgementData{
			Detail: text(a.Detail), Note: text(a.Note),
		}
	})
	if err != nil {
		return err
	}
	if err := l.append(ctx, "acknowledgements", records...); err != nil {
		return err
	}
	for _, a := range fresh {
		l.acknowledged(a)
	}
	return nil
}

func (l *Ledger) acknowledged(a Acknowledgement) {
	d := l.details[a.Detail]
	d.acked = true
	if l.details[a.Detail] = d; d.batch != nil {
		d.batch.unacked--
	}
}

// batchOf returns the number of the batch of which a detail holds a result, 0
// where none is recorded.
func (l *Ledger) batchOf(detail string) int64 {
	if b := l.details[detail].batch; b != nil {
		return b.Batch
	}
	return 0
}

// Conclude records what was found out about steps whose result does not come.
func (l *Ledger) Conclude(ctx context.Context, conclusions []Conclusion) error {
	if len(conclusions) == 0 {
		return nil
	}
	records, err := encodeAll(conclusions, func(c Conclusion) (about, conclusionData) {
		return about{kind: kindConclusion, run: l.ID, batch: c.Batch, at: c.At}, conclusionData{
			Step: text(c.Step), Verdict: text(c.Verdict), Reason: text(c.Reason),
		}
	})
	if err != nil {
		return err
	}
	if err := l.append(ctx, "conclusions", records...); err != nil {
		return err
	}
	for _, c := range conclusions {
		l.concluded(c)
	}
	return nil
}

func (l *Ledger) concluded(c Conclusion) { l.byID[c.Batch].concluded(c) }

// Verify records what a read after the run says about its changes.
func (l *Ledger) Verify(ctx context.Context, all []Verification) error {
	if len(all) == 0 {
		return nil
	}
	records, err := encodeAll(all, func(v Verification) (about, verificationData) {
		return about{kind: kindVerification, run: l.ID, at: v.At}, verificationData{
			Change: text(v.Change), Verdict: text(v.Verdict), Note: text(v.Note),
		}
	})
	if err == nil {
		err = l.append(ctx, "verifications", records...)
	}
	if err == nil {
		l.Verifications = append(l.Verifications, all...)
	}
	return err
}

// Mark records a fact about the run as a whole.
func (l *Ledger) Mark(ctx context.Context, m Mark) error {
	r, err := encode(about{kind: kindMark, run: l.ID, at: m.At}, markData{Mark: text(m.Name)})
	if err == nil {
		err = l.append(ctx, "that the run "+string(m.Name), r)
	}
	if err == nil {
		l.Marks = append(l.Marks, m)
	}
	return err
}
