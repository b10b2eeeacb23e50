// Package report tells people what a portfolio looks like: which names there are,
// how they stand, and what is known of each.
//
// What it tells is plain rows, made from what is declared, what is live and the
// plan between the two. Whoever prints them chooses the form.
package report

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// Standing says where a name is known: in the files, in the account, or in both.
type Standing string

// The standings.
const (
	Managed   Standing = "managed"   // a file declares the name, and the account holds it
	Unmanaged Standing = "unmanaged" // the account holds it, and no file declares it
	Missing   Standing = "missing"   // a file declares it, and the account lacks it
)

// Standings lists all standings.
func Standings() []Standing { return []Standing{Managed, Unmanaged, Missing} }

// Flags are what is to be known of a name beside its standing.
type Flags uint8

// The flags.
const (
	Released    Flags = 1 << iota // a released block says that it left the files on purpose
	LeftFiles                     // it was declared at an earlier apply, and left the files without a word
	LeftAccount                   // the account held it before, and lacks it
	Held                          // a hold block or a pause keeps it, or some of it, as it is
	InDoubt                       // nobody knows yet what became of a change of it
	Endangered                    // nothing keeps it beyond the date of its alarm
	Threatened                    // another state of it may take it away or stop it
)

var flagNames = []string{"released", "left_files", "left_account", "held", "in_doubt", "endangered", "threatened"}

// FlagNames lists the names of all flags.
func FlagNames() []string { return slices.Clone(flagNames) }

// Names returns the names of the flags that are set, in their order.
func (f Flags) Names() []string {
	names := []string{}
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// A Row is one name of an inventory.
type Row struct {
	Name        string // canonical
	Standing    Standing
	Flags       Flags
	Differences int              // how many differences the plan has for the name
	Declared    *config.Domain   // nil: no file declares it
	Live        *snapshot.Domain // nil: the account lacks it
}

// An Inventory is the names of an account and of its files.
type Inventory struct {
	Endpoint string
	Account  string // "": the account holds no name to tell it
	// ReadAt is when the account was read; what of it was read before, rows tell.
	ReadAt time.Time
	Rows   []Row // sorted by name

	portfolio *config.Portfolio
	live      *planner.Live
}

// NewInventory returns the selected names of the input of a plan, and what the plan
// tells of them.
func NewInventory(in planner.Input, p *planner.Plan) *Inventory {
	v := &Inventory{
		Endpoint: in.Live.Endpoint, Account: in.Live.ID, ReadAt: in.Live.ReadAt.UTC(), portfolio: in.Portfolio, live: in.Live,
		Rows: make([]Row, 0, max(len(in.Portfolio.Domains), len(in.Live.Domains))),
	}
	declared, live := in.Portfolio.Domains, in.Live.Domains
	for len(declared)+len(live) > 0 {
		r := nextRow(&declared, &live)
		if in.Only.Has(r.Name) {
			v.Rows = append(v.Rows, r)
		}
	}
	v.countDifferences(p)
	v.flag(in, p)
	return v
}

// nextRow takes the first name of two sorted lists.
func nextRow(declared *[]config.Domain, live *[]snapshot.Domain) (r Row) {
	var order int
	switch {
	case len(*declared) == 0:
		order = 1
	case len(*live) == 0:
		order = -1
	default:
		order = strings.Compare((*declared)[0].Name, (*live)[0].Name)
	}
	if order <= 0 {
		r.Declared, r.Standing = &(*declared)[0], Missing
		r.Name, *declared = r.Declared.Name, (*declared)[1:]
	}
	if order >= 0 {
		r.Live, r.Standing = &(*live)[0], Unmanaged
		r.Name, *live = r.Live.Name, (*live)[1:]
	}
	if order == 0 {
		r.Standing = Managed
	}
	return r
}

// Row returns the row of a canonical name, nil where the inventory has none.
func (v *Inventory) Row(name string) *Row {
	i, found := slices.BinarySearchFunc(v.Rows, name, func(r Row, n string) int { return strings.Compare(r.Name, n) })
	if !found {
		return nil
	}
	return &v.Rows[i]
}

func (v *Inventory) countDifferences(p *planner.Plan) {
	var last *Row
	for c := range p.Differences() {
		if last == nil || last.Name != c.Domain {
			last = v.Row(c.Domain)
		}
		if last != nil {
			last.Differences++
		}
	}
}

// flag sets the flags of all rows.
func (v *Inventory) flag(in planner.Input, p *planner.Plan) {
	set := func(name string, f Flags) {
		if r := v.Row(name); r != nil {
			r.Flags |= f
		}
	}
	for i := range in.Portfolio.Released {
		for _, name := range in.Portfolio.Released[i].Names {
			if in.Portfolio.ReleasedBy(name) != nil {
				set(name, Released)
			}
		}
	}
	for _, name := range in.LeftFiles() {
		set(name, LeftFiles)
	}
	departed := p.Departed()
	for name := range departed {
		set(name, LeftAccount)
	}
	for id := range in.History.InDoubt {
		name, _, _ := strings.Cut(id, "/")
		set(name, InDoubt)
	}
	for i := range p.Threats {
		if t := &p.Threats[i]; t.IsEndangered() {
			set(t.Domain, Endangered)
		} else if t.Severity != planner.Notice && !departed[t.Domain] {
			set(t.Domain, Threatened)
		}
	}
	v.flagHeld(in)
}

// flagHeld notes which names hold blocks or pauses keep as they are.
func (v *Inventory) flagHeld(in planner.Input) {
	for i := range in.Portfolio.Holds {
		h := &in.Portfolio.Holds[i]
		if !h.IsOn(in.Live.ReadAt) {
			continue
		}
		for _, name := range h.Names {
			if r := v.Row(name); r != nil {
				r.Flags |= Held
			}
		}
	}
	for i := range in.History.Pauses {
		if p := &in.History.Pauses[i]; p.IsOn(in.Live.ReadAt) {
			for k := range v.Rows {
				if p.Names.Has(v.Rows[k].Name) {
					v.Rows[k].Flags |= Held
				}
			}
		}
	}
}

// Knows reports whether all of some facts are known of a row's name.
func (v *Inventory) Knows(r *Row, f snapshot.Facts) bool {
	return r.Live != nil && r.Live.Has(f)
}

// Observe returns the live value of an attribute of a row's name, nil where it is not
// known.
func (v *Inventory) Observe(r *Row, a *attr.Attribute) attr.Value {
	if a.Observe == nil || !v.Knows(r, a.Facts) {
		return nil
	}
	return a.Observe(r.Live)
}

// Oldest returns when the oldest of what is told of a name was read; zero where the
// account lacks it.
func (v *Inventory) Oldest(r *Row) time.Time {
	if r.Live == nil {
		return time.Time{}
	}
	oldest := v.ReadAt
	for _, read := range r.Live.Read {
		if read.At.Before(oldest) {
			oldest = read.At
		}
	}
	return oldest.UTC()
}
