package journal

import (
	"context"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// An Approval is a person's yes to one change. It is used once: any run may make
// the change until then, on any machine, and no run may make another one.
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
}

// approvalData is an approval of a record whose key is who approved.
type approvalData struct {
	Change text  `json:"change"`
	Hash   text  `json:"hash"`
	Until  int64 `json:"until"`
}

// Approve records approvals. What is said of their use does not count.
func (j *Journal) Approve(ctx context.Context, all []Approval) error {
	records, err := encodeAll(all, func(a Approval) (about, approvalData) {
		return about{kind: kindApproval, key: a.By, at: a.At}, approvalData{Change: text(a.Change), Hash: text(a.Hash), Until: millis(a.Until)}
	})
	if err != nil || len(records) == 0 {
		return err
	}
	return j.append(ctx, "who has approved what", records...)
}

// Approvals returns those that end after a time, the oldest first, and whether
// they are used.
func (j *Journal) Approvals(ctx context.Context, after time.Time) ([]Approval, error) {
	u := approvalUse{after: after, batches: make(map[int64]*Batch), byChange: make(map[string][]int)}
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindApproval}}, u.take)
	if err != nil || len(u.all) == 0 {
		return nil, err
	}
	since := u.all[0].At
	for _, a := range u.all {
		since = earlier(since, a.At)
	}
	u.all, u.byChange = nil, make(map[string][]int)
	err = j.store.Load(ctx, store.Query{
		Kinds: []string{kindApproval, kindIntent, kindSubmission, kindFailure, kindResult, kindConclusion}, Since: millis(since),
	}, u.take)
	for _, s := range u.sent {
		for _, at := range s.approvals {
			u.all[at].Used = u.all[at].Used || s.batch.Step(s.step) != Planned
		}
	}
	return u.all, err
}

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
	byChange map[string][]int // where the approvals of a change stand
	batches  map[int64]*Batch // of approved changes
	sent     []sentStep
}

// sentStep is a step of a change that was sent when it had been approved.
type sentStep struct {
	step      string
	batch     *Batch
	approvals []int
}

func (u *approvalUse) take(r *store.Record) error {
	switch r.Kind {
	case kindApproval:
		return decodeAll(r, func(d approvalData) {
			a := Approval{Change: string(d.Change), Hash: string(d.Hash), By: r.Key, At: fromMillis(r.At), Until: fromMillis(d.Until)}
			if a.Until.After(u.after) {
				u.byChange[a.Change] = append(u.byChange[a.Change], len(u.all))
				u.all = append(u.all, a)
			}
		})
	case kindIntent:
		n, err := decodeIntent(r)
		u.intended(n)
		return err
	}
	if u.batches[r.Batch] == nil {
		return nil
	}
	return decodeFate(r, fates(u.batches))
}

func (u *approvalUse) intended(n Intent) {
	for _, step := range n.Steps {
		// The name of a step stands behind the last sign: an element may have one.
		approvals := u.byChange[step[:max(strings.LastIndexByte(step, '#'), 0)]]
		if len(approvals) == 0 {
			continue
		}
		if u.batches[n.Batch] == nil {
			u.batches[n.Batch] = newBatch(n)
		}
		u.sent = append(u.sent, sentStep{step, u.batches[n.Batch], approvals})
	}
}
