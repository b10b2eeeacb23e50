package history

import (
	"cmp"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Former is what files would declare to bring back what a run has changed.
type Former struct {
	// Declarations are by name, in the order of the attribute table.
	Declarations []Declaration
	// Left is what they cannot bring back, of all changes that were or may have been
	// made.
	Left []Left
}

// A Declaration is one attribute of a name with the value that it had before.
type Declaration struct {
	Domain    string
	Attribute *attr.Attribute
	Value     cty.Value
	Delegates bool // its value was the delegation of the name, or a part of it
}

// Left is a change that no declaration brings back.
type Left struct{ Change, Why string }

// FormerOf returns what files would declare to bring back what the changes of a run have
// changed. Values that tell of persons are left out unless they may be shown.
func FormerOf(changes []Change, showPersonal bool) Former {
	var f Former
	type key struct{ domain, attribute string }
	var order []key
	groups := make(map[key][]attr.Replaced)
	for i := range changes {
		c := &changes[i]
		switch c.Result {
		case executor.Failed, executor.NotSent, executor.Stale:
			continue // it was not made
		case executor.Waiting, executor.InDoubt:
			f.Left = append(f.Left, Left{c.ID, "nobody knows yet what became of it"})
			continue
		case executor.Verified, executor.Done, executor.Differs:
		}
		k := key{c.Domain, c.Attribute}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], attr.Replaced{ID: c.ID, Domain: c.Domain, Element: c.Element, Before: c.Before, Cost: c.Cost})
	}
	for _, k := range order {
		a := attr.Lookup(k.attribute)
		f.add(a, groups[k], showPersonal, a.FormerOf)
	}
	return f
}

// add adds what files would declare of an attribute, by a function that says that, or why
// they cannot.
func (f *Former) add(a *attr.Attribute, changes []attr.Replaced, showPersonal bool, of func([]attr.Replaced) (cty.Value, string)) {
	v, why := of(changes)
	switch persons, gone := tellsOfPersons(changes); {
	case why != "":
	case gone:
		why = "the persons that it told of are forgotten"
	case persons && !showPersonal:
		why = "its value tells of persons, which --show-personal shows"
	}
	if why == "" {
		f.Declarations = append(f.Declarations, Declaration{Domain: changes[0].Domain, Attribute: a, Value: v, Delegates: a.Hazard == attr.Delegation})
		return
	}
	for _, c := range changes {
		f.Left = append(f.Left, Left{c.ID, why})
	}
}

// KeptBy returns what files would declare to keep what the plan of an undo brings back.
func KeptBy(p *planner.Plan, showPersonal bool) Former {
	var f Former
	for i := range p.Restores {
		r := &p.Restores[i]
		f.add(r.Attribute, []attr.Replaced{{ID: attr.ChangeID(r.Domain, r.Attribute.Name), Domain: r.Domain, Before: r.Value}}, showPersonal, func([]attr.Replaced) (cty.Value, string) {
			return r.Attribute.Declarable(r.Value)
		})
	}
	for _, l := range p.Undo.Left {
		f.Left = append(f.Left, Left{l.ID, l.Reason})
	}
	for _, s := range p.Undo.Stale {
		f.Left = append(f.Left, Left{s.ID, s.Reason})
	}
	return f
}

// tellsOfPersons reports whether the former values of changes tell of persons, and
// whether some of these are forgotten.
func tellsOfPersons(changes []attr.Replaced) (persons, gone bool) {
	for _, c := range changes {
		attr.MapPersonal(c.Before, func(_, text string) string {
			persons, gone = true, gone || personal.Forgotten(text)
			return text
		})
	}
	return persons, gone
}

// ByDomain ranges over the declarations of each name, the names in order.
func (f *Former) ByDomain(yield func(domain string, all []Declaration) bool) {
	all := slices.Clone(f.Declarations)
	slices.SortStableFunc(all, func(a, b Declaration) int { return cmp.Compare(a.Domain, b.Domain) })
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Domain == all[0].Domain {
			n++
		}
		if !yield(all[0].Domain, all[:n]) {
			return
		}
		all = all[n:]
	}
}
