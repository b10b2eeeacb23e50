package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Past is what was done to one name.
type Past struct {
	Log  []LogEntry   // the newest first; nil: the service's change log did not tell
	Runs []ChangeSent // the newest first
	// Unsent is what runs were to do to it, and sent nothing of, the newest first.
	Unsent []ChangeUnsent
}

// DetailOf returns all that is known of a row's name: the input of a plan, the plan,
// and what was done to the name. Personal texts are masked; nil: they are not.
func (v *Inventory) DetailOf(r *Row, in planner.Input, p *planner.Plan, past Past, m *personal.Masker) *Detail {
	b := detailing{Inventory: v, row: r, in: in, plan: p, masker: m}
	b.changes = changesOf(p, r.Name)
	b.learn(past)
	return &Detail{
		FormatVersion: DetailVersion,
		Name:          wire.UnicodeName(r.Name), ASCII: r.Name, Standing: r.Standing, Flags: r.Flags.Names(),
		Account: v.Account, Endpoint: v.Endpoint, ReadAt: v.ReadAt,
		Block: b.block(), Term: b.term(), Attributes: b.attributes(), Threats: b.threats(), Holds: b.holds(),
		Approvals: b.approvals(), Tasks: b.tasks(), Remarks: b.remarks(), Log: b.log(past.Log), Runs: b.runs(past.Runs), Unsent: b.unsent(past.Unsent),
	}
}

// changesOf returns the differences that a plan has for a name. They are sorted by name.
func changesOf(p *planner.Plan, name string) (changes []attr.Change) {
	for c := range p.Differences() {
		if c.Domain == name {
			changes = append(changes, *c)
		}
	}
	return changes
}

// detailing makes a [Detail].
type detailing struct {
	*Inventory
	row     *Row
	in      planner.Input
	plan    *planner.Plan
	changes []attr.Change
	masker  *personal.Masker // nil: nothing is masked
}

// learn makes the personal texts of the name known, so that messages are masked that
// have them.
func (b *detailing) learn(past Past) {
	for _, a := range attr.OfNames() {
		attr.MapPersonal(b.Observe(b.row, a), b.masker.Learn)
	}
	for i := range b.changes {
		b.changes[i].EachPersonal(b.masker.Learn)
	}
	learn := func(c *Made) {
		attr.MapPersonal(c.Before, b.masker.Learn)
		attr.MapPersonal(c.After, b.masker.Learn)
	}
	for i := range past.Runs {
		if c := past.Runs[i].Change; c != nil {
			learn(c)
		}
	}
	for i := range past.Unsent {
		learn(&past.Unsent[i].Made)
	}
}

// text masks what a text tells of persons.
func (b *detailing) text(s string) string { return b.masker.Text(s) }

// value masks what a value tells of persons.
func (b *detailing) value(v attr.Value) attr.Value { return attr.MapPersonal(v, b.masker.Mask) }

func (b *detailing) block() *Block {
	d := b.row.Declared
	if d == nil {
		return nil
	}
	block := &Block{
		Name: b.portfolio.BlockOf(d), Template: d.Template, Labels: d.Settings.Labels.Map(),
		Critical: d.Settings.Critical, TemporaryUnlock: d.Settings.TemporaryUnlock,
	}
	if d.Source != nil {
		block.Source = attr.Source{File: d.Source.Filename, Line: d.Source.Start.Line}
	}
	return block
}

func (b *detailing) term() *Term {
	live := b.row.Live
	if live == nil {
		return nil
	}
	t := &Term{Registered: live.Registered.UTC(), Expires: live.Expires.UTC(), ReadAt: b.live.ReadTimeOf(live, snapshot.Expiry).UTC()}
	if status, ok := statusOf(b.row).(string); ok {
		t.AsksFor = status
	}
	if left, ok := b.daysLeft(b.row).(int); ok {
		t.DaysLeft = &left
	}
	return t
}

// attributes tells of each attribute that the name can have.
func (b *detailing) attributes() []Attribute {
	all := []Attribute{}
	groups := make(map[string]bool)
	for _, a := range attr.OfNames() {
		x := Attribute{Name: a.Name, Declared: b.declared(a), Changes: b.changesOf(a)}
		if isSetting(a) {
			x.Live, x.Unknown = b.observed(a)
		}
		again := a.Group != "" && groups[a.Group] // in other words, what was told already
		if x.Declared == nil && (again || !a.For(b.row.Name) || !isSetting(a)) {
			continue
		}
		groups[a.Group] = true
		all = append(all, x)
	}
	return all
}

// declared returns what the files say of an attribute, nil where they say nothing.
func (b *detailing) declared(a *attr.Attribute) *Declared {
	if b.row.Declared == nil {
		return nil
	}
	all := b.row.Declared.Declared
	i := slices.IndexFunc(all, func(d config.Declared) bool { return d.Attribute == a })
	if i < 0 {
		return nil
	}
	d := &all[i]
	value := b.value(d.Value)
	x := &Declared{Value: value, Text: value.String(), Template: b.portfolio.TemplateOf(d)}
	if d.Source != nil {
		x.Source = attr.Source{File: d.Source.Filename, Line: d.Source.Start.Line}
	}
	return x
}

// observed returns the live value of an attribute, or why it is not known.
func (b *detailing) observed(a *attr.Attribute) (*Live, string) {
	v := b.Observe(b.row, a)
	switch {
	case v != nil:
		v = b.value(v)
		return &Live{Value: v, Text: v.String(), ReadAt: b.live.ReadTimeOf(b.row.Live, a.Facts).UTC()}, ""
	case b.row.Live == nil:
		return nil, ""
	}
	for i := range b.in.Live.Failures {
		if f := &b.in.Live.Failures[i]; f.Domain == b.row.Name && f.Facts&a.Facts != 0 {
			return nil, b.text("could not be read: " + f.String())
		}
	}
	return nil, "not read"
}

func (b *detailing) changesOf(a *attr.Attribute) []attr.Change {
	changes := []attr.Change{}
	for i := range b.changes {
		if c := &b.changes[i]; c.Attribute == a.Name {
			changes = append(changes, c.MapPersonal(b.masker.Mask, b.masker.Text))
		}
	}
	return changes
}

func (b *detailing) threats() []Threat {
	all := []Threat{}
	for _, t := range b.plan.Threats {
		if t.Domain == b.row.Name {
			t.Sentence = b.text(t.Sentence)
			all = append(all, t)
		}
	}
	return all
}

// holds returns the hold blocks and the pauses that are on.
func (b *detailing) holds() []Hold {
	all := []Hold{}
	for i := range b.in.Portfolio.Holds {
		h := &b.in.Portfolio.Holds[i]
		if _, held := slices.BinarySearch(h.Names, b.row.Name); held && h.IsOn(b.ReadAt) {
			all = append(all, Hold{
				Kind: "hold", Label: h.Label, Attributes: append([]string{}, h.Attributes...), Until: h.Until, Reason: b.text(h.Reason),
				Source: &attr.Source{File: h.Source.Filename, Line: h.Source.Start.Line},
			})
		}
	}
	for i := range b.in.History.Pauses {
		if p := &b.in.History.Pauses[i]; p.Names.Has(b.row.Name) && p.IsOn(b.ReadAt) {
			all = append(all, Hold{Kind: "pause", Attributes: append([]string{}, p.Attributes...), Until: p.Until, Reason: b.text(p.Reason), By: p.By})
		}
	}
	return all
}

// of reports whether a change is one of the name, by its ID.
func (b *detailing) of(id string) bool {
	name, _, _ := strings.Cut(id, "/")
	return name == b.row.Name
}

// approvals returns those that have not ended.
func (b *detailing) approvals() []Approval {
	all := []Approval{}
	for _, a := range b.in.History.Approvals {
		if b.of(a.Change) && a.Until.After(b.ReadAt) {
			all = append(all, Approval{Change: a.Change, By: b.text(a.By), At: a.At.UTC(), Until: a.Until.UTC(), Used: a.Used})
		}
	}
	return all
}

// tasks returns the changes of ours that are in doubt or ordered, and the open tasks of
// others.
func (b *detailing) tasks() []Task {
	all := []Task{}
	for _, open := range []map[string]string{b.in.History.InDoubt, b.in.History.Ordered} {
		for id, reason := range open {
			if b.of(id) {
				all = append(all, Task{Change: id, Reason: b.text(reason)})
			}
		}
	}
	slices.SortFunc(all, func(x, y Task) int { return cmp.Compare(x.Change, y.Change) })
	for reason := range planner.ForeignTasksOf(b.in.Live.Tasks).Reasons(b.row.Name) {
		all = append(all, Task{Reason: reason})
	}
	return all
}

func (b *detailing) remarks() []Remark {
	all := []Remark{}
	for _, d := range b.plan.Diagnostics {
		if d.Domain == b.row.Name {
			all = append(all, Remark{Severity: d.Severity, Summary: d.Summary, Detail: b.text(d.Detail), Deadline: d.Deadline})
		}
	}
	return all
}

func (b *detailing) log(entries []LogEntry) []LogEntry {
	if entries == nil {
		return nil
	}
	masked := make([]LogEntry, len(entries))
	for i, e := range entries {
		e.Operation, e.Details, e.Result = b.text(e.Operation), b.text(e.Details), b.text(e.Result)
		masked[i] = e
	}
	return masked
}

func (b *detailing) runs(sent []ChangeSent) []ChangeSent {
	masked := make([]ChangeSent, len(sent))
	for i, s := range sent {
		s.Step, s.Message = b.text(s.Step), b.text(s.Message)
		if s.Change != nil {
			masked := b.made(*s.Change)
			s.Change = &masked
		}
		masked[i] = s
	}
	return masked
}

func (b *detailing) unsent(all []ChangeUnsent) []ChangeUnsent {
	masked := make([]ChangeUnsent, len(all))
	for i, c := range all {
		c.ID, c.Message, c.Made = b.text(c.ID), b.text(c.Message), b.made(c.Made)
		masked[i] = c
	}
	return masked
}

// made masks what a change tells of persons.
func (b *detailing) made(c Made) Made {
	return Made{Before: b.value(c.Before), After: b.value(c.After), Result: c.Result}
}
