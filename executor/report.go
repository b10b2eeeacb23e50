package executor

import (
	"errors"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// ChangeResult says how a change ended.
type ChangeResult string

// The ways in which a change ends.
const (
	Verified ChangeResult = "verified" // executed, and the live state shows it
	Done     ChangeResult = "done"     // executed, not read again
	Waiting  ChangeResult = "waiting"  // sent, and the service still works on it
	Differs  ChangeResult = "differs"  // executed, and the live state shows something else
	Failed   ChangeResult = "failed"
	NotSent  ChangeResult = "not sent"
	Stale    ChangeResult = "stale" // the live state changed since it was planned
	InDoubt  ChangeResult = "in doubt"
)

// A Report is what became of a run. It is plain data.
type Report struct {
	Run          int64          `json:"run,omitempty"` // 0: nothing was done
	Changes      []ChangeReport `json:"changes"`
	Unlocked     []string       `json:"unlocked"`   // names whose update lock was opened and not closed
	OpenTasks    []string       `json:"open_tasks"` // numbers of tasks without all results
	Trouble      []string       `json:"trouble"`
	Interrupted  bool           `json:"interrupted"`
	Steps        int            `json:"steps"`
	Submits      int            `json:"submits"` // requests that were sent
	Tasks        int            `json:"tasks"`
	Acknowledged int            `json:"acknowledged"`
	Seconds      float64        `json:"seconds"`
	Counts       map[string]int `json:"counts"` // changes by standing
}

// ChangeReport is what became of one change.
type ChangeReport struct {
	ID        string       `json:"id"`
	Domain    string       `json:"domain"`
	Attribute string       `json:"attribute"`
	Element   string       `json:"element,omitempty"`
	Before    attr.Value   `json:"-"` // nil: nothing there
	After     attr.Value   `json:"-"` // nil: nothing left
	Result    ChangeResult `json:"standing"`
	Step      string       `json:"step,omitempty"` // where it ended, if that is not its last
	Code      string       `json:"code,omitempty"`
	Message   string       `json:"message,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
	Task      string       `json:"task,omitempty"`
	// Origin says who called for it, and Logged what the change log told of a drift; nil:
	// nothing. The journal keeps no Logged: a run that is resumed has none.
	Origin attr.Origin    `json:"origin,omitempty"`
	Logged *attr.LogEntry `json:"logged,omitempty"`
}

// Unfinished reports whether the run must be resumed: it was interrupted, or
// nobody knows what became of some change.
func (r *Report) Unfinished() bool {
	return r.Interrupted || len(r.OpenTasks) > 0 || r.Counts[string(InDoubt)] > 0
}

// Troubled reports whether something did not come out as planned.
func (r *Report) Troubled() bool {
	return len(r.Unlocked) > 0 || len(r.Trouble) > 0 ||
		r.Counts[string(Failed)]+r.Counts[string(NotSent)]+r.Counts[string(Stale)]+r.Counts[string(Differs)] > 0
}

// report says what became of the changes. Unlocks are listed only where
// something went wrong with them.
func (e *engine) report(changes []*attr.Change) *Report {
	r := &Report{
		Run: e.l.ID, Changes: []ChangeReport{}, Unlocked: owedRelocks(e.l, changes), OpenTasks: []string{},
		Trouble: append([]string{}, e.trouble...), Interrupted: e.interrupted, Steps: len(e.g.nodes),
		Submits: len(e.l.Batches), Acknowledged: e.acks.done, Counts: make(map[string]int),
	}
	r.Changes = slices.Grow(r.Changes, len(changes))
	verified := make(map[string]int, len(e.l.Verifications)) // where the last one of a change stands
	for i, v := range e.l.Verifications {
		verified[v.Change] = i
	}
	for _, c := range changes {
		o := e.outcome(c, verified)
		if c.Temporary() && (o.Result == Verified || o.Result == Done || o.Result == NotSent) {
			continue
		}
		r.Changes = append(r.Changes, o)
		r.Counts[string(o.Result)]++
	}
	for _, b := range e.l.Batches {
		if b.Task != nil {
			r.Tasks++
		}
		if b.Task != nil && (b.State() == journal.Submitted || b.State() == journal.InDoubt) && !e.isSuspended(b) {
			r.OpenTasks = append(r.OpenTasks, b.Task.Task)
		}
	}
	for no := range e.open {
		if e.l.Task(no) == nil { // the journal died before it could be recorded
			r.OpenTasks = append(r.OpenTasks, no)
		}
	}
	slices.Sort(r.OpenTasks)
	if r.Unlocked == nil {
		r.Unlocked = []string{}
	}
	slices.Sort(r.Unlocked)
	return r
}

// isSuspended reports whether a batch is an order whose end a later run reads.
func (e *engine) isSuspended(b *journal.Batch) bool {
	return !slices.ContainsFunc(b.Steps, func(s string) bool {
		n := e.g.byID[s]
		return uncertain(b.Step(s)) && (n == nil || n.end != endWaiting)
	})
}

// outcome says what became of one change: what its first step that was not
// executed says, or what the read after the run says.
func (e *engine) outcome(c *attr.Change, verified map[string]int) ChangeReport {
	o := ChangeReport{
		ID: c.ID, Domain: c.Domain, Attribute: c.Attribute, Element: c.Element, Before: c.Before, After: c.After, Result: Done,
		Origin: c.Origin, Logged: c.Logged,
	}
	for _, s := range c.Steps {
		state, b := e.l.Step(s.ID)
		if state == journal.Succeeded || e.g.byID[s.ID].end == endDone {
			continue
		}
		o.Step = s.ID
		e.explain(&o, e.g.byID[s.ID], state, b)
		return o
	}
	if i, ok := verified[c.ID]; ok {
		v := &e.l.Verifications[i]
		o.Result, o.Message = ChangeResult(v.Verdict), v.Note
	}
	return o
}

// explain fills in why a step was not executed.
func (e *engine) explain(o *ChangeReport, n *node, state journal.State, b *journal.Batch) {
	if b != nil && b.Task != nil {
		o.Task, o.RequestID = b.Task.Task, b.Task.RequestID
	}
	switch state {
	case journal.Planned, journal.Failed:
		o.Result = NotSent
		if n.end == endFailed {
			o.Result = Failed
		}
		if o.Message = n.why; n.why == "" && b == nil {
			o.Message = "the run ended before"
		}
	default:
		o.Result, o.Message = InDoubt, n.why
		if n.end == endWaiting {
			o.Result = Waiting
		}
	}
	if strings.HasPrefix(n.why, staleReason) {
		o.Result = Stale
	}
	if b == nil {
		return
	}
	if r, ok := b.Result(n.ID); ok && o.Result == Failed {
		o.Message = r.Message
		if o.RequestID == "" {
			o.RequestID = r.RequestID
		}
		return
	}
	if refusal, ok := errors.AsType[*wire.Error](e.refusals[n]); ok {
		o.Code, o.Message, o.RequestID = refusal.Code, refusal.Message, refusal.RequestID
		return
	}
	if out := b.Outcome(); out != nil && (o.Result == Failed || o.Message == "") {
		o.Code, o.Message, o.RequestID = out.Code, out.Message, out.RequestID
	} else if c, ok := b.Conclusion(n.ID); ok && o.Message == "" {
		o.Message = c.Reason
	}
}

// staleReason begins the reason of a change that the live state has overtaken.
const staleReason = "the live value is no longer what it was"
