package job

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// A Notifier tells people at one place what they have to know.
type Notifier interface {
	// ID tells the place from others: what people know there is remembered by it.
	ID() string
	// Name is the place for people, without what nobody may read.
	Name() string
	// Notify delivers notifications in one message. Its error tells no address.
	Notify(ctx context.Context, account string, all []Notification) error
}

// kindRunFailed is a condition of which only people are told: an exit code of its own
// says that a run ended with an error.
const kindRunFailed = "run_failed"

const runFailed = "A run ended with an error"

// notify tells people what they have to know after a run with these conditions and this
// error. What they were told is remembered place by place, when it was delivered: what
// was not is a condition of the run, and the next run tries again. Where that cannot be
// remembered at one place, the others are told all the same, unless another process has
// the account: it tells them.
func (r *run) notify(ended error) error {
	if len(r.Notifiers) == 0 || r.journal == nil || isFenced(ended) || r.hard.Err() != nil {
		return nil //nolint:nilerr // nobody can be told then
	}
	if !r.identified { // a state that no account has is not written to
		if endpoint, _, err := r.journal.Binding(r.hard); err != nil || endpoint == "" {
			return err
		}
	}
	told := r.tellable(ended)
	var failed error
	for _, n := range r.Notifiers {
		err := r.notifyAt(n, told)
		if isFenced(err) {
			return err
		}
		failed = cmp.Or(failed, err)
	}
	return failed
}

// isFenced reports whether an error says that another process has the account.
func isFenced(err error) bool {
	_, fenced := errors.AsType[*journal.FencedError](err)
	return fenced
}

// isUnwritable reports whether an error says that nothing can be recorded any more.
func isUnwritable(err error) bool {
	_, unwritten := errors.AsType[*journal.WriteError](err)
	return unwritten || isFenced(err)
}

// notifyAt tells people at one place.
func (r *run) notifyAt(n Notifier, conditions []Condition) error {
	before, err := r.journal.Told(r.hard, n.ID())
	if err != nil {
		return err
	}
	var m NotificationMemory
	if before != nil {
		if err := json.Unmarshal(before, &m); err != nil {
			return fmt.Errorf("what %s was told before cannot be read: %w", n.Name(), err)
		}
	}
	due, m := DueNotifications(r.Clock.Now(), conditions, r.result.Complete, m)
	masker := cmp.Or(r.masker, personal.NewMasker())
	for i := range due { // also of what has ended
		addSettings(&due[i].Condition, r.Portfolio)
		due[i].Labels = due[i].Labels.MapText(masker.Text)
	}
	if len(due) > 0 {
		if err := n.Notify(r.hard, r.result.Account, due); err != nil {
			r.addUndelivered(n.Name(), err)
			return nil
		}
	}
	after, err := json.Marshal(m)
	if err != nil || bytes.Equal(before, after) || before == nil && len(m.Open) == 0 {
		return err
	}
	return r.journal.RecordTold(r.hard, n.ID(), after, r.Clock.Now())
}

// addUndelivered adds the condition of a message that did not arrive.
func (r *run) addUndelivered(place string, err error) {
	s := conditions{all: r.result.Conditions}
	r.appraisal.appraise(s.add(kindUndelivered, "", place, err.Error()+"; the next run tries again, and domainsync notify test tries it now."))
	planner.SortConditions(s.all)
	r.result.Conditions = s.all
}

// tellable returns the conditions of the run as people everywhere may read them: with
// masks in place of persons.
func (r *run) tellable(ended error) []Condition {
	all := make([]Condition, 0, len(r.result.Conditions)+1)
	for _, c := range r.result.Conditions {
		if c.ID != kindPending {
			all = append(all, c)
		}
	}
	_, refused := errors.AsType[*RefusedError](ended)
	if ended != nil && !refused && !errors.Is(ended, ErrInterrupted) {
		all = append(all, Condition{ID: kindRunFailed, Severity: Ticket, Summary: runFailed, Reason: ended.Error()})
	}
	for i := range all {
		if r.masker == nil {
			all[i].Reason = "" // where nothing is masked nobody knows what tells of persons
			continue
		}
		all[i].Reason = r.masker.Text(all[i].Reason)
	}
	return all
}
