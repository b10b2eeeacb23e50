package history

import (
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Details are what is known of a run beyond its row.
type Details struct {
	Version    string         `json:"version"` // of the program that planned it
	Endpoint   string         `json:"endpoint"`
	Account    string         `json:"account"`
	ConfigHash string         `json:"config_hash"`
	PlanID     string         `json:"plan_id"`
	Marks      []journal.Mark `json:"marks"`
	Changes    []Change       `json:"changes"`
	Batches    []Batch        `json:"batches"`
	Purchases  []Purchase     `json:"purchases"`
	Approvals  []Approval     `json:"approvals"`
	// Unlocked are names whose update lock was opened and not closed.
	Unlocked []string `json:"unlocked"`
	// Forecast is what the plan said that its changes would take, call by call.
	Forecast []planner.Calls `json:"forecast"`
	Seconds  float64         `json:"forecast_seconds"`
}

// Change is one change of a run with what became of it.
type Change struct {
	ID        string                `json:"id"`
	Domain    string                `json:"domain"` // "": the account
	Attribute string                `json:"attribute"`
	Element   string                `json:"element,omitempty"`
	Action    attr.Action           `json:"action,omitempty"`
	Hazard    attr.Hazard           `json:"hazard,omitempty"`
	Before    attr.Value            `json:"before"` // nil: nothing there
	After     attr.Value            `json:"after"`  // nil: nothing left
	Cost      *attr.Cost            `json:"cost,omitempty"`
	Origin    attr.Origin           `json:"origin,omitempty"`
	Result    executor.ChangeResult `json:"standing"`
	Step      string                `json:"step,omitempty"` // where it ended, if that is not its last
	Code      string                `json:"code,omitempty"`
	Message   string                `json:"message,omitempty"` // of the service, or why it was not sent
	RequestID string                `json:"request_id,omitempty"`
	Task      string                `json:"task,omitempty"`
	Steps     []Step                `json:"steps"`
}

// Step is one step of a change with the last call that it was in.
type Step struct {
	ID        string        `json:"id"`
	State     journal.State `json:"state"`
	Batch     int64         `json:"batch,omitempty"` // 0: it was in none
	Task      string        `json:"task,omitempty"`
	Message   string        `json:"message,omitempty"`    // of its result
	RequestID string        `json:"request_id,omitempty"` // of the answer that said so
	At        time.Time     `json:"at,omitzero"`          // when that was known
}

// Batch is one call of a run.
type Batch struct {
	Number    int64             `json:"batch"`
	Operation string            `json:"operation"`
	Request   map[string]string `json:"request"`
	Names     []string          `json:"names"`
	Sent      time.Time         `json:"at"`
	State     journal.State     `json:"state"`
	Task      string            `json:"task,omitempty"`
	Adopted   bool              `json:"adopted,omitempty"` // the task was found later, after an answer was lost
	RequestID string            `json:"request_id,omitempty"`
	Code      string            `json:"code,omitempty"`    // of the refusal
	Message   string            `json:"message,omitempty"` // of it
}

// Approval is who had approved changes that the run has sent.
type Approval struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Until   time.Time `json:"until"`
	Changes []string  `json:"changes"`
}

func detailsOf(r *executor.Recorded, bought []journal.Purchase, approvals []journal.Approval) *Details {
	d := &Details{
		Version: r.Plan.Version, Endpoint: r.Plan.Endpoint, Account: r.Plan.Account, ConfigHash: r.ConfigHash, PlanID: r.PlanID,
		Marks: append([]journal.Mark{}, r.Marks...), Changes: []Change{}, Batches: []Batch{}, Purchases: purchasesOf(r, bought),
		Approvals: approvalsOf(r.Ledger, approvals), Unlocked: append([]string{}, r.Report.Unlocked...),
		Forecast: append([]planner.Calls{}, r.Plan.Calls...), Seconds: r.Plan.Summary.Seconds,
	}
	planned := make(map[string]*attr.Change)
	for _, c := range r.Plan.Executed() {
		planned[c.ID] = c
	}
	for i := range r.Report.Changes {
		o := &r.Report.Changes[i]
		d.Changes = append(d.Changes, changeOf(o, planned[o.ID], r.Ledger))
	}
	for _, b := range r.Batches {
		d.Batches = append(d.Batches, batchOf(b))
	}
	return d
}

func changeOf(o *executor.ChangeReport, c *attr.Change, l *journal.Ledger) Change {
	x := Change{
		ID: o.ID, Domain: o.Domain, Attribute: o.Attribute, Element: o.Element, Before: o.Before, After: o.After, Origin: o.Origin,
		Action: c.Action, Hazard: c.Hazard, Cost: c.Cost,
		Result: o.Result, Step: o.Step, Code: o.Code, Message: o.Message, RequestID: o.RequestID, Task: o.Task,
	}
	for _, s := range c.Steps {
		state, b := l.Step(s.ID)
		step := Step{ID: s.ID, State: state}
		if b != nil {
			step.Batch, step.At = b.Batch, b.KnownAt(s.ID)
			if b.Task != nil {
				step.Task, step.RequestID = b.Task.Task, b.Task.RequestID
			}
			if result, ok := b.Result(s.ID); ok {
				step.Message, step.RequestID = result.Message, result.RequestID
			}
		}
		x.Steps = append(x.Steps, step)
	}
	if last := x.Steps[len(x.Steps)-1]; x.Task == "" && x.Step == "" { // of what went well the report says no more
		x.Task, x.RequestID = last.Task, last.RequestID
	}
	return x
}

func batchOf(b *journal.Batch) Batch {
	x := Batch{Number: b.Batch, Operation: b.Operation, Request: b.Request, Names: b.Names, Sent: b.At, State: b.State()}
	if b.Task != nil {
		x.Task, x.Adopted, x.RequestID = b.Task.Task, b.Task.Adopted, b.Task.RequestID
	}
	if o := b.Outcome(); o != nil {
		x.Code, x.Message, x.RequestID = o.Code, o.Message, o.RequestID
	}
	return x
}

// approvalsOf returns who had approved changes when a run sent them.
func approvalsOf(l *journal.Ledger, all []journal.Approval) []Approval {
	sent := make(map[string]time.Time)
	for _, b := range l.Batches {
		for _, s := range b.Steps {
			sent[attr.ChangeOf(s)] = b.At
		}
	}
	found := []Approval{}
	for _, a := range all {
		at, ok := sent[a.Change]
		if !ok || a.At.After(at) || a.Until.Before(at) {
			continue
		}
		i := slices.IndexFunc(found, func(x Approval) bool { return x.By == a.By && x.At.Equal(a.At) && x.Until.Equal(a.Until) })
		if i < 0 {
			i = len(found)
			found = append(found, Approval{By: a.By, At: a.At, Until: a.Until})
		}
		found[i].Changes = append(found[i].Changes, a.Change)
	}
	return found
}

// masked returns what is known of a run as everybody may read it.
func (d *Details) masked(m *personal.Masker) *Details {
	for i := range d.Changes { // the text of one change may tell of another one
		attr.MapPersonal(d.Changes[i].Before, m.Learn)
		attr.MapPersonal(d.Changes[i].After, m.Learn)
	}
	for i := range d.Batches {
		for name, value := range d.Batches[i].Request {
			if field := attr.PersonalParameter(name); field != "" {
				m.Learn(field, value)
			}
		}
	}
	out := *d
	out.Changes = mapped(d.Changes, func(c Change) Change { return c.masked(m) })
	out.Batches = mapped(d.Batches, func(b Batch) Batch { return b.masked(m) })
	out.Purchases = mapped(d.Purchases, func(p Purchase) Purchase {
		p.Message = m.Text(p.Message)
		return p
	})
	out.Approvals = mapped(d.Approvals, func(a Approval) Approval {
		a.Changes = m.Texts(a.Changes)
		return a
	})
	return &out
}

func mapped[T any](all []T, with func(T) T) []T {
	out := make([]T, len(all))
	for i := range all {
		out[i] = with(all[i])
	}
	return out
}

func (c Change) masked(m *personal.Masker) Change {
	c.Before, c.After = attr.MapPersonal(c.Before, m.Mask), attr.MapPersonal(c.After, m.Mask)
	c.ID, c.Element, c.Step, c.Message = m.Text(c.ID), m.Text(c.Element), m.Text(c.Step), m.Text(c.Message)
	c.Steps = mapped(c.Steps, func(s Step) Step {
		s.ID, s.Message = m.Text(s.ID), m.Text(s.Message)
		return s
	})
	return c
}

func (b Batch) masked(m *personal.Masker) Batch {
	b.Request = maps.Clone(b.Request)
	for name, value := range b.Request {
		if field := attr.PersonalParameter(name); field != "" {
			b.Request[name] = m.Mask(field, value)
		} else {
			b.Request[name] = m.Text(value)
		}
	}
	b.Message = m.Text(b.Message)
	return b
}
