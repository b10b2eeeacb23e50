package journal

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// An Approval is what a person has said of one change. A yes is used once: any run may
// make the change until then, on any machine, and no run may make another one. A no
// ends each yes to an equal change that was said before it.
type Approval struct {
	Change string // its ID
	// Hash tells what was approved from any other change with the ID. No value of
	// the change can be read from it.
	Hash  string
	By    string // who approved
	At    time.Time
	Until time.Time
	// Used says that the change was sent since, or may have been.
	Used bool
	// Rejected says that it is a no, and Reason why, for people; "": they did not say.
	Rejected bool
	Reason   string
}

// approvalData is an approval of a record whose key is who approved, or, in a record of
// a kind of its own, a rejection: a program that knows none must not take it as a yes.
type approvalData struct {
	Change text  `json:"change"`
	Hash   text  `json:"hash"`
	Until  int64 `json:"until"`
	Reason text  `json:"reason,omitempty"`
}

// Approve records approvals and rejections. What is said of their use does not count.
func (j *Journal) Approve(ctx context.Context, all []Approval) error {
	records, err := encodeAll(all, describeApproval)
	if err != nil || len(records) == 0 {
		return err
	}
	return j.append(ctx, "who has approved what", records...)
}

func describeApproval(a Approval) (about, approvalData) {
	kind := kindApproval
	if a.Rejected {
		kind = kindRejection
	}
	return about{kind: kind, key: a.By, at: a.At}, approvalData{Change: text(a.Change), Hash: text(a.Hash), Until: millis(a.Until), Reason: text(a.Reason)}
}

// Approvals returns those that end after a time, the oldest first, and whether
// they are used. Rejections are among them.
func (j *Journal) Approvals(ctx context.Context, after time.Time) ([]Approval, error) {
	u, err := j.approvalsAfter(ctx, after)
	if err != nil {
		return nil, err
	}
	return u.all, nil
}

// approvalsAfter finds out which approvals that end after a time are used.
func (j *Journal) approvalsAfter(ctx context.Context, after time.Time) (*approvalUse, error) {
	u := &approvalUse{after: after, batches: make(map[int64]*Batch), counts: make(map[int64]int)}
	u.begin()
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindApproval, kindRejection}}, func(r *store.Record) error {
		taken := u.taken
		err := u.take(r)
		u.counts[r.Number] = u.taken - taken
		return err
	})
	if err != nil || len(u.all) == 0 {
		return u, err
	}
	since := u.all[0].At
	for _, a := range u.all {
		since = earlier(since, a.At)
	}
	since = since.Add(-clocksApart)
	u.begin()
	err = j.store.Load(ctx, store.Query{
		Kinds: []string{kindApproval, kindRejection, kindIntent, kindSubmission, kindFailure, kindResult, kindConclusion}, Since: millis(since),
	}, u.take)
	for _, s := range u.sent {
		for _, at := range s.approvals {
			if s.batch.Step(s.step) != Planned {
				u.all[at].Used, u.usedBy[at] = true, append(u.usedBy[at], s.run)
			}
		}
	}
	return u, err
}

// clocksApart is how far the clocks of two machines may be from one another, or one be
// set back: the order of records is that of their numbers.
const clocksApart = 24 * time.Hour

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// approvalUse finds out which approvals are used. It is told of records in their
// order: what was sent before an approval does not use it.
type approvalUse struct {
	after    time.Time
	all      []Approval
	records  []int64          // the record of each
	usedBy   map[int][]int64  // the runs that have used one
	counts   map[int64]int    // how many approvals each record has, with those that have ended
	taken    int              // approvals so far, with those
	byChange map[string][]int // where the approvals of a change stand
	batches  map[int64]*Batch // of approved changes
	sent     []sentStep
}

// sentStep is a step of a change that was sent when it had been approved.
type sentStep struct {
	step      string
	run       int64
	batch     *Batch
	approvals []int
}

// begin forgets what was taken in.
func (u *approvalUse) begin() {
	u.all, u.records, u.byChange, u.usedBy = nil, nil, make(map[string][]int), make(map[int][]int64)
}

func (u *approvalUse) take(r *store.Record) error {
	switch r.Kind {
	case kindApproval, kindRejection:
		return decodeAll(r, func(d approvalData) {
			u.taken++
			a := Approval{Change: string(d.Change), Hash: string(d.Hash), By: r.Key, At: fromMillis(r.At), Until: fromMillis(d.Until), Rejected: r.Kind == kindRejection, Reason: string(d.Reason)}
			if a.Until.After(u.after) {
				if !a.Rejected {
					u.byChange[a.Change] = append(u.byChange[a.Change], len(u.all))
				}
				u.all, u.records = append(u.all, a), append(u.records, r.Number)
			}
		})
	case kindIntent:
		n, err := decodeIntent(r)
		u.intended(r.Run, n)
		return err
	}
	if u.batches[r.Batch] == nil {
		return nil
	}
	return decodeFate(r, fates(u.batches))
}

func (u *approvalUse) intended(run int64, n Intent) {
	for _, step := range n.Steps {
		approvals := u.byChange[changeOf(step)]
		if len(approvals) == 0 {
			continue
		}
		if u.batches[n.Batch] == nil {
			u.batches[n.Batch] = newBatch(n)
		}
		u.sent = append(u.sent, sentStep{step, run, u.batches[n.Batch], approvals})
	}
}
