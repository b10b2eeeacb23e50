package attr

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Action is what a change does to its subject.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Hazard is what a mistake in a change can cost.
type Hazard string

// The hazards, from the least. Saved plans, journals and command lines hold
// their names: never rename one.
const (
	None          Hazard = "none"
	LockHazard    Hazard = "lock"       // a protection closes
	UnlockHazard  Hazard = "unlock"     // a protection is open for good
	ContactHazard Hazard = "contact"    // somebody else is asked for the holder, or is known as such
	Delegation    Hazard = "delegation" // the name stops resolving
	Identity      Hazard = "identity"   // somebody else owns the name, or its owner is known
	Money         Hazard = "money"      // something is bought
	PolicyHazard  Hazard = "policy"     // the files permit more than those that were applied last
)

// Hazards lists all hazards from the least.
func Hazards() []Hazard {
	return []Hazard{None, LockHazard, UnlockHazard, ContactHazard, Delegation, Identity, Money, PolicyHazard}
}

// A Change brings one attribute of one subject, or one element of it, from
// what is live to what is declared.
type Change struct {
	ID        string // domain/attribute or domain/attribute/element, stable across runs; of the account without domain
	Domain    string // canonical; "": the account
	Attribute string
	Element   string
	Action    Action
	Before    Value // nil: nothing there
	After     Value // nil: nothing left
	Hazard    Hazard
	Cost      *Cost // what it buys; nil: nothing
	Status    Status
	Reason    string // why it is not ready
	Cause     Cause  // what the reason comes from
	Steps     []Step // in order
	// Follows is the change of the plan that is made first, where this one can be
	// told only then: it waits, and is planned anew in the same apply. "": none.
	Follows string
	// HeldWith is the change that must be made first and holds this one back, as its
	// reason says. "": it has a reason of its own.
	HeldWith string
	Source   Source
	// Origin says who calls for it, as far as the state can tell.
	Origin Origin
	// Logged is what the change log tells of a drift; nil: nothing.
	Logged *LogEntry
	// ListedBy is the operation that lists all names and told Before: a later row
	// of that list with After is not from before the change. "": none. Plans in JSON
	// do not keep that.
	ListedBy string
	// Awaits is what it waits for, while a plan is made.
	Awaits Awaited
	// StartsClock are marks of what was live as declared when the change was planned.
	// The journal keeps since when, for changes that must wait for it.
	StartsClock []string
	// ResetsClock are marks of what was not live. A mark of both begins to count with
	// the change.
	ResetsClock []string
}

// Source is the place in the files that declares a change.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// String returns file:line.
func (s Source) String() string { return fmt.Sprintf("%s:%d", s.File, s.Line) }

// A Step is one request for one subject. The executor sends steps whose
// requests have equal keys ([wire.Key]) in one call.
type Step struct {
	ID      string // the change's ID, "#" and the step's name
	Request wire.Request
	// Check is a read that must succeed before the step is sent: its refusal is
	// the step's. Steps with equal checks share one call. Nil: none.
	Check wire.Request
	// Needs are steps that must have succeeded.
	Needs []string
	// After are steps that must have ended, either way.
	After []string
	// Owed says that the step must be executed once a step in After was sent,
	// whatever happens to the run: the lock that was opened is closed again.
	Owed bool
}

// CheckKey returns what the step's check asks: steps with equal keys share one
// call. Registries have rules of their own, so that a check of names below one
// suffix says nothing of others. "" where the step has none.
func (s Step) CheckKey() string {
	if s.Check == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(wire.OperationOf(s.Check).Name)
	for _, p := range wire.Params(s.Check) {
		if p.Name == "DomainName" {
			_, p.Value, _ = strings.Cut(p.Value, ".")
		}
		fmt.Fprintf(&b, "&%s=%q", p.Name, p.Value)
	}
	return b.String()
}

// StepID returns the ID of a step of a change.
func StepID(change, step string) string { return change + "#" + step }

// ChangeOf returns the ID of the change that a step belongs to.
func ChangeOf(step string) string {
	// An element may hold the sign, too: an e-mail address does.
	return step[:max(strings.LastIndexByte(step, '#'), 0)]
}

// ChangeID returns the ID of the change of an attribute; the domain is "" for
// one of the account.
func ChangeID(domain, attribute string) string {
	if domain == "" {
		return attribute
	}
	return domain + "/" + attribute
}

// ElementID returns the ID of the change of an element of an attribute; "" is the
// attribute as a whole.
func ElementID(domain, attribute, element string) string {
	id := ChangeID(domain, attribute)
	if element == "" {
		return id
	}
	return id + "/" + element
}

// Temporary reports whether the change undoes itself: what it opens in its first
// stage, for the changes that need it open, it closes in its last, which is owed
// once the first was sent. The files call for it only by those others.
func (c *Change) Temporary() bool { return len(c.Steps) > 0 && c.Steps[len(c.Steps)-1].Owed }

// update is the change of an attribute whose value is set as a whole by one
// request; none where the live value is the declared one.
func update(a *Attribute, in Input, request func() wire.Request) []Change {
	live := a.Observe(in.Live)
	if live != nil && live.Equal(in.Desired) {
		return nil
	}
	step := StepID(ChangeID(in.Name, a.Name), "set")
	return []Change{{
		ID: ChangeOf(step), Domain: in.Name, Attribute: a.Name, Action: Update, // a part of the step's ID: one text less to hold
		Before: live, After: in.Desired, Hazard: a.HazardOf(in.Desired), Status: Ready,
		Steps: []Step{{ID: step, Request: request()}},
	}}
}

// Need makes a change wait for the end of steps, which must succeed. There may be
// very many: a host goes after all names that delegate to it have moved.
func (c *Change) Need(steps ...string) {
	first := &c.Steps[0]
	there := make(map[string]bool, len(first.Needs)+len(steps))
	for _, id := range first.Needs {
		there[id] = true
	}
	for _, id := range steps {
		if !there[id] {
			there[id] = true
			first.Needs = append(first.Needs, id)
		}
	}
}

// changeJSON is a change of a plan as it is read, before its attribute is looked
// up.
type changeJSON struct {
	ID        string          `json:"id"`
	Domain    string          `json:"domain"`
	Attribute string          `json:"attribute"`
	Element   string          `json:"element,omitempty"`
	Action    Action          `json:"action"`
	Status    Status          `json:"status"`
	Reason    string          `json:"reason,omitempty"`
	Cause     Cause           `json:"cause,omitempty"`
	Before    json.RawMessage `json:"before"`
	After     json.RawMessage `json:"after"`
	Hazard    Hazard          `json:"hazard"`
	Cost      *Cost           `json:"cost,omitempty"`
	Steps     []Step          `json:"steps"`
	Follows   string          `json:"follows,omitempty"`
	HeldWith  string          `json:"held_with,omitempty"`
	Source    Source          `json:"source"`
	Origin    Origin          `json:"origin,omitempty"`
	Logged    *LogEntry       `json:"logged,omitempty"`
	Sees      []string        `json:"sees,omitempty"`
	Forgets   []string        `json:"forgets,omitempty"`
}

// JSONShape tells what a change looks like in plans.
func (Change) JSONShape() any { return changeJSON{} }

// UnmarshalJSON reads a change of a plan.
func (c *Change) UnmarshalJSON(data []byte) error {
	var j changeJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	a := Lookup(j.Attribute)
	if a == nil {
		return fmt.Errorf("change %s: no attribute is called %q", j.ID, j.Attribute)
	}
	before, err := a.Unmarshal(j.Before)
	if err != nil {
		return fmt.Errorf("change %s: before: %w", j.ID, err)
	}
	after, err := a.Unmarshal(j.After)
	if err != nil {
		return fmt.Errorf("change %s: after: %w", j.ID, err)
	}
	*c = Change{
		ID: j.ID, Domain: j.Domain, Attribute: j.Attribute, Element: j.Element, Action: j.Action,
		Before: before, After: after, Hazard: j.Hazard, Cost: j.Cost, Status: j.Status, Reason: j.Reason, Cause: j.Cause,
		Steps: j.Steps, Follows: j.Follows, HeldWith: j.HeldWith, Source: j.Source, Origin: j.Origin, Logged: j.Logged, StartsClock: j.Sees, ResetsClock: j.Forgets,
	}
	return nil
}

type requestJSON struct {
	Operation string            `json:"operation"`
	Params    map[string]string `json:"params"`
}

// decode checks the request, too.
func (j requestJSON) decode() (wire.Request, error) {
	op := wire.Lookup(j.Operation)
	if op == nil {
		return nil, fmt.Errorf("no operation is called %q", j.Operation)
	}
	params := make([]wire.Param, 0, len(j.Params))
	for name, value := range j.Params {
		params = append(params, wire.Param{Name: name, Value: value})
	}
	return wire.DecodeRequest(op, params)
}

type stepJSON struct {
	ID string `json:"id"`
	requestJSON
	Check *requestJSON `json:"check,omitempty"`
	Needs []string     `json:"needs,omitempty"`
	After []string     `json:"after,omitempty"`
	Owed  bool         `json:"owed,omitempty"`
}

// JSONShape tells what a step looks like in plans.
func (Step) JSONShape() any { return stepJSON{} }

// UnmarshalJSON reads a step and checks its request.
func (s *Step) UnmarshalJSON(data []byte) error {
	var j stepJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	r, err := j.decode()
	if err != nil {
		return fmt.Errorf("step %s: %w", j.ID, err)
	}
	*s = Step{ID: j.ID, Request: r, Needs: j.Needs, After: j.After, Owed: j.Owed}
	if j.Check == nil {
		return nil
	}
	if s.Check, err = j.Check.decode(); err != nil {
		return fmt.Errorf("step %s: check: %w", j.ID, err)
	}
	return nil
}
