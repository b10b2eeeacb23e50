package planner

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// An Undo takes back what a run has changed: in a plan with it, the values from before
// that run stand in place of those that the files declare. Nothing else is changed.
type Undo struct {
	Run int64 `json:"run"`
	// Changes are those of the run that are taken back, sorted by name, then in the
	// order of the attribute table.
	Changes []TakenBack `json:"changes"`
	// Left are those that cannot be.
	Left []Left `json:"left"`
	// InDoubt are those of Left that could be taken back if somebody knew what became of
	// them. They may still take effect, and are held as well.
	InDoubt []TakenBack `json:"in_doubt,omitempty"`
	// Forced says that somebody answers for the nameservers, keys and addresses of
	// before, of which nobody has asked whether they still serve the names.
	Forced bool `json:"forced,omitempty"`
	// Until is when the hold ends that keeps later runs from making the changes again.
	Until time.Time `json:"hold_until"`
	// Stale are those that a plan leaves, because somebody else has changed since what
	// the run has left.
	Stale []Stale `json:"stale,omitempty"`
}

// TakenBack is a change that a run has made, or may have.
type TakenBack struct {
	Domain    string
	Attribute string
	Element   string
	Before    attr.Value // nil: nothing was there
	After     attr.Value // nil: nothing was left
}

// Left is a change of a run that cannot be taken back.
type Left struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
	Reason string `json:"reason"`
}

type takenBackJSON struct {
	Domain    string          `json:"domain"`
	Attribute string          `json:"attribute"`
	Element   string          `json:"element,omitempty"`
	Before    json.RawMessage `json:"before"`
	After     json.RawMessage `json:"after"`
}

// JSONShape tells what it looks like in plans.
func (TakenBack) JSONShape() any { return takenBackJSON{} }

// MarshalJSON writes it as plans have it.
func (c TakenBack) MarshalJSON() ([]byte, error) {
	before, err := json.Marshal(c.Before)
	if err != nil {
		return nil, err
	}
	after, err := json.Marshal(c.After)
	if err != nil {
		return nil, err
	}
	return json.Marshal(takenBackJSON{c.Domain, c.Attribute, c.Element, before, after})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *TakenBack) UnmarshalJSON(data []byte) error {
	var j takenBackJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	a := attr.Lookup(j.Attribute)
	if a == nil {
		return fmt.Errorf("undo: no attribute is called %q", j.Attribute)
	}
	before, err := a.Unmarshal(j.Before)
	if err != nil {
		return fmt.Errorf("undo of %s: before: %w", attr.ChangeID(j.Domain, j.Attribute), err)
	}
	after, err := a.Unmarshal(j.After)
	if err != nil {
		return fmt.Errorf("undo of %s: after: %w", attr.ChangeID(j.Domain, j.Attribute), err)
	}
	*c = TakenBack{j.Domain, j.Attribute, j.Element, before, after}
	return nil
}

// ID is that of the change.
func (c *TakenBack) ID() string { return attr.ElementID(c.Domain, c.Attribute, c.Element) }

func (c *TakenBack) replaced() attr.Replaced {
	return attr.Replaced{ID: c.ID(), Domain: c.Domain, Element: c.Element, Before: c.Before, After: c.After}
}

// Names returns the names of what is taken back, sorted.
func (u *Undo) Names() []string {
	names := make([]string, 0, len(u.Changes))
	for i := range u.Changes {
		names = append(names, u.Changes[i].Domain)
	}
	return slices.Compact(names)
}

// OfRun returns the run of which it takes changes back, 0 where there is no undo.
func (u *Undo) OfRun() int64 {
	if u == nil {
		return 0
	}
	return u.Run
}

// Untold returns those of some stale changes of which a plan of the undo, nil where there
// is none, does not tell.
func (u *Undo) Untold(stale []Stale) []Stale {
	if u == nil || len(u.Stale) == 0 {
		return stale
	}
	told := make(map[string]bool, len(u.Stale))
	for i := range u.Stale {
		told[u.Stale[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(stale), func(s Stale) bool { return told[s.ID] })
}

// alsoStale adds to some stale changes those that the plan of the undo, nil where there
// is none, has left: its apply takes them back no more than the plan did.
func (u *Undo) alsoStale(stale []Stale) []Stale {
	if u == nil {
		return stale
	}
	known := &Undo{Stale: stale}
	return append(slices.Clone(stale), known.Untold(u.Stale)...)
}

// Named returns the undo without what it is of; nil is none.
func (u *Undo) Named() *Undo {
	if u == nil {
		return nil
	}
	return &Undo{Run: u.Run, Forced: u.Forced, Changes: []TakenBack{}, Left: []Left{}}
}

// ChosenBy returns what a saved plan takes back of all that an undo would, in the order
// and by the values of the undo: the plan only names it. Ok is false where the plan takes
// back something else, or by other values, or a part of an attribute.
func (u *Undo) ChosenBy(saved *Undo) (chosen *Undo, ok bool) {
	named := make(map[string]*TakenBack, len(saved.Changes))
	for i := range saved.Changes {
		named[saved.Changes[i].ID()] = &saved.Changes[i]
	}
	chosen = &Undo{Run: u.Run, Forced: saved.Forced, Until: saved.Until, Changes: []TakenBack{}, Left: []Left{}}
	for rest := u.Changes; len(rest) > 0; {
		n, some := sameAttribute(rest), 0
		for i := range rest[:n] {
			c := &rest[i]
			s := named[c.ID()]
			if s == nil {
				continue
			}
			if some++; !sameValue(s.Before, c.Before) || !sameValue(s.After, c.After) {
				return nil, false
			}
		}
		switch some {
		case 0:
		case n:
			chosen.Changes = append(chosen.Changes, rest[:n]...)
		default:
			return nil, false
		}
		rest = rest[n:]
	}
	chosen.leaveOf(u, saved.Left)
	return chosen, u.Run == saved.Run && len(chosen.Changes) == len(saved.Changes)
}

// leaveOf adds what a saved plan leaves, as far as the undo still does.
func (u *Undo) leaveOf(whole *Undo, saved []Left) {
	left := make(map[string]bool, len(saved))
	for i := range saved {
		left[saved[i].ID] = true
	}
	for _, l := range whole.Left {
		if left[l.ID] {
			u.Left = append(u.Left, l)
		}
	}
	for i := range whole.Changes {
		if c := &whole.Changes[i]; left[c.ID()] {
			u.Left = append(u.Left, Left{c.ID(), c.Domain, "what became of it was found out after the plan was made: undo the run again"})
		}
	}
	u.InDoubt = slices.DeleteFunc(slices.Clone(whole.InDoubt), func(c TakenBack) bool { return !left[c.ID()] })
}

// sameAttribute counts the changes at the beginning of a list, which is not empty, that
// are of the same attribute of the same name.
func sameAttribute(changes []TakenBack) int {
	n := 1
	for n < len(changes) && changes[n].Domain == changes[0].Domain && changes[n].Attribute == changes[0].Attribute {
		n++
	}
	return n
}

// Declares returns a portfolio in which the values from before a run stand over those of
// the files. Of an attribute with elements they are those of the run alone, until the
// others are known.
func (u *Undo) Declares(p *config.Portfolio) *config.Portfolio {
	o := overlayOf(u, p, nil)
	return o.portfolio
}

// A Restored is the value that an undo brings back of an attribute of a name.
type Restored struct {
	Domain    string
	Attribute *attr.Attribute
	Value     attr.Value
}

// overlay is an undo over a portfolio and a live state.
type overlay struct {
	portfolio *config.Portfolio
	live      *Live // nil: nothing is known
	observer  *attr.Observer
	covers    map[string]map[string]bool // what is taken back: attributes by name
	stale     []Stale                    // what is not as the run has left it
	restores  []Restored
	// staleReasons are those of stale by ID, once somebody has asked for one.
	staleReasons map[string]string
}

// overlayOf puts what an undo takes back over a portfolio, as far as nobody else has
// changed it since.
func overlayOf(u *Undo, p *config.Portfolio, live *Live) *overlay {
	over := *p
	o := &overlay{portfolio: &over, live: live, covers: make(map[string]map[string]bool)}
	if live == nil {
		live = new(Live)
	}
	o.observer = attr.NewObserver(live)
	names := u.Names()
	over.Domains = make([]config.Domain, 0, len(p.Domains)+len(names))
	files := p.Domains
	for rest := u.Changes; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Domain == rest[0].Domain {
			n++
		}
		name := rest[0].Domain
		at, declared := slices.BinarySearchFunc(files, name, func(d config.Domain, name string) int { return strings.Compare(d.Name, name) })
		over.Domains = append(over.Domains, files[:at]...)
		domain := config.Domain{Name: name, Settings: attr.DefaultSettings()}
		if files = files[at:]; declared {
			domain, files = files[0], files[1:]
		}
		over.Domains = append(over.Domains, o.domain(domain, rest[:n]))
		rest = rest[n:]
	}
	over.Domains = append(over.Domains, files...)
	return o
}

// domain returns the desired state of a name with what is taken back.
func (o *overlay) domain(d config.Domain, changes []TakenBack) config.Domain {
	d.Declared = slices.Clone(d.Declared)
	var live *snapshot.Domain
	if o.live != nil {
		live = o.live.Domain(d.Name)
	}
	for len(changes) > 0 {
		n := sameAttribute(changes)
		o.attribute(&d, live, changes[:n])
		changes = changes[n:]
	}
	return d
}

// attribute puts what is taken back of one attribute into the desired state of a name.
func (o *overlay) attribute(d *config.Domain, live *snapshot.Domain, changes []TakenBack) {
	a := attr.Lookup(changes[0].Attribute)
	var back []attr.Replaced
	for i := range changes {
		if why := o.whyStale(a, live, &changes[i]); why != "" {
			o.stale = append(o.stale, Stale{ID: changes[i].ID(), Domain: d.Name, Reason: why})
			continue
		}
		back = append(back, changes[i].replaced())
	}
	if len(back) == 0 {
		return
	}
	observed, _ := o.observer.ObserveElement(d.Name, a.Name, "")
	as, value := a.Restored(observed, back)
	d.Declared = slices.DeleteFunc(d.Declared, func(x config.Declared) bool {
		return x.Attribute == as || attr.StandsAgainst(x.Attribute, x.Value, as, value)
	})
	d.Declared = append(d.Declared, config.Declared{Attribute: as, Value: value})
	slices.SortStableFunc(d.Declared, func(x, y config.Declared) int { return placeOf(x.Attribute) - placeOf(y.Attribute) })
	o.restores = append(o.restores, Restored{d.Name, as, value})
	if o.covers[d.Name] == nil {
		o.covers[d.Name] = make(map[string]bool)
	}
	o.covers[d.Name][as.Name] = true
}

// whyStale says how what is live of a change is neither what the run has left nor what
// it has found, so that somebody else has changed it since; "": it is one of the two, or
// not known.
func (o *overlay) whyStale(a *attr.Attribute, live *snapshot.Domain, c *TakenBack) string {
	part, known := o.observer.ObserveElement(c.Domain, c.Attribute, c.Element)
	switch {
	case !known, sameValue(part, c.Before), sameValue(part, c.After):
		return ""
	case c.Element == "" && (a.Agrees(live, c.Before) || a.Agrees(live, c.After)):
		return ""
	}
	return fmt.Sprintf("it was changed since: the run left %s, and the account has %s", attr.Public(c.After), attr.Public(part))
}

// whyNotBack says why a change of a saved plan takes nothing back today.
func (o *overlay) whyNotBack(id string) string {
	if o.staleReasons == nil {
		o.staleReasons = make(map[string]string, len(o.stale))
		for _, s := range o.stale {
			o.staleReasons[s.ID] = s.Reason
		}
	}
	if why := o.staleReasons[id]; why != "" {
		return why
	}
	return "the live value is another than when the plan was made"
}

// placeOf is the place of an attribute in the table.
func placeOf(a *attr.Attribute) int { return slices.Index(attr.OfNames(), a) }

// overUndo puts what is taken back over the portfolio of an input, where it is an undo.
func (in Input) overUndo() Input {
	if in.Undo == nil || in.overlay != nil {
		return in
	}
	in.overlay = overlayOf(in.Undo, in.Portfolio, in.Live)
	in.Portfolio = in.overlay.portfolio
	in.History.Pauses = slices.DeleteFunc(slices.Clone(in.History.Pauses), func(p Pause) bool { return p.Undoes != 0 })
	return in
}

// leaves reports whether an undo leaves an attribute of a name as it is. Its changes are
// not called for, as if the files declared what is live: they hold nothing back.
func (d *differ) leaves(name, attribute string) bool {
	return d.Undo != nil && !d.overlay.covers[name][attribute]
}

// leaveMissing notes that nothing of a name that the account lacks is taken back. It
// reports whether the plan is an undo.
func (d *differ) leaveMissing(name string) bool {
	if d.Undo == nil {
		return false
	}
	at, _ := slices.BinarySearchFunc(d.Undo.Changes, name, func(c TakenBack, name string) int { return strings.Compare(c.Domain, name) })
	for _, c := range d.Undo.Changes[at:] {
		if c.Domain != name {
			break
		}
		d.plan.Undo.Stale = append(d.plan.Undo.Stale, Stale{ID: c.ID(), Domain: name, Reason: "the account no longer holds the name"})
	}
	return true
}

// warnUndo tells what an undo leaves, since it cannot be taken back or somebody else has
// changed it, and what nobody has asked.
func (p *Plan) warnUndo() {
	if p.Undo == nil {
		return
	}
	var reasons []string
	left := make(map[string][]string)
	note := func(id, reason string) {
		if left[reason] == nil {
			reasons = append(reasons, reason)
		}
		left[reason] = append(left[reason], id)
	}
	for _, l := range p.Undo.Left {
		note(l.ID, l.Reason)
	}
	for _, s := range p.Undo.Stale {
		note(s.ID, s.Reason)
	}
	for _, reason := range reasons {
		ids := left[reason]
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Summary: "Not taken back",
			Detail: words.List(ids[:min(len(ids), namedByGuard)], len(ids)-namedByGuard) + ": " + words.Sentence(errors.New(reason)),
		})
	}
	p.warnStages()
	p.askForForce()
}

// warnStages tells that what has to wait is made by no run but another undo: the hold of
// this one stops all others.
func (p *Plan) warnStages() {
	var ids []string
	for c := range p.Differences() {
		if c.Status == attr.Deferred {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	p.Diagnostics = append(p.Diagnostics, Diagnostic{
		Severity: SeverityWarning, Summary: "Not all of it comes back at once",
		Detail: fmt.Sprintf("%s: no run makes that by itself, whatever day is named there. Undo run %d again then.", words.List(ids[:min(len(ids), namedByGuard)], len(ids)-namedByGuard), p.Undo.Run),
	})
}

// askForForce refuses an undo of delegations of which nobody has asked whether the
// former nameservers, keys and addresses still serve the names, unless somebody answers
// for them.
func (p *Plan) askForForce() {
	var names []string
	for c := range p.Differences() {
		if c.Planned() && c.Hazard == attr.Delegation && (len(names) == 0 || names[len(names)-1] != c.Domain) {
			names = append(names, c.Domain)
		}
	}
	if len(names) == 0 {
		return
	}
	d := Diagnostic{
		Severity: SeverityWarning, Summary: "Nobody has asked the former nameservers",
		Detail: fmt.Sprintf("Whether the nameservers from before run %d still answer for %s, and sign with the keys that the DS records name, is not known.",
			p.Undo.Run, words.List(names[:min(len(names), namedByGuard)], len(names)-namedByGuard)),
	}
	if !p.Undo.Forced {
		d.Severity = SeverityError
		d.Detail += " Ask each of them, as with dig; then give --force."
	}
	p.Diagnostics = append(p.Diagnostics, d)
}

// An Agreed is a hold of an undo which is over for some names: the files declare what
// the account has.
type Agreed struct {
	Pause int64
	Names []string // sorted
}

// agreed returns the names of which the files agree with the account, by the holds of
// undos that are on.
func (d *differ) agreed() (all []Agreed) {
	var changing map[string]bool
	for i := range d.History.Pauses {
		p := &d.History.Pauses[i]
		if p.Undoes == 0 || !p.IsOn(d.Live.ReadAt) {
			continue
		}
		if changing == nil {
			changing = make(map[string]bool, len(d.plan.Changes))
			for c := range d.plan.Differences() {
				changing[attr.ChangeID(c.Domain, c.Attribute)] = true
			}
		}
		var names []string
		for name := range p.Names.names {
			if d.agrees(name, p.Attributes, changing) {
				names = append(names, name)
			}
		}
		if slices.Sort(names); len(names) > 0 {
			all = append(all, Agreed{p.ID, names})
		}
	}
	return all
}

// agrees reports whether the files declare one of some attributes of a name, and the
// account has what they declare, by the changes that are called for.
func (d *differ) agrees(name string, attributes []string, changing map[string]bool) bool {
	want, live := d.Portfolio.Domain(name), d.Live.Domain(name)
	if want == nil || live == nil || !d.Only.Has(name) {
		return false
	}
	declared := false
	for _, attribute := range attributes {
		if changing[attr.ChangeID(name, attribute)] || !d.Only.HasAttribute(name, attribute) {
			return false
		}
		declared = declared || want.Declares(attribute)
	}
	return declared
}
