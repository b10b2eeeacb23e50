package attr

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// A Replaced is what a change that was made has found.
type Replaced struct {
	ID, Domain string // "" is the account
	Element    string
	Before     Value // nil: nothing was there
	After      Value // nil: nothing was left
	Cost       *Cost // what was bought; nil: nothing
}

// FormerOf returns the value that files would declare of an attribute to bring back what
// some changes of one name have changed, as HCL has it. Why says why they cannot declare
// it; "": they can.
func (a *Attribute) FormerOf(changes []Replaced) (v cty.Value, why string) {
	c := changes[0]
	switch {
	case c.Domain == "":
		return v, "it is of the account: change it in the files"
	case a.Hazard == Money || slices.ContainsFunc(changes, func(c Replaced) bool { return c.Cost != nil }):
		return v, "what was bought stays bought"
	case a.Mails != nil:
		return v, "the former holder would have to consent"
	}
	former := c.Before
	if slices.ContainsFunc(changes, func(c Replaced) bool { return c.Element != "" }) {
		if a.Former == nil {
			return v, "the changes tell of some of its elements only, and files declare all of them"
		}
		former = a.Former(changes)
	}
	if former == nil {
		return v, "nothing was there before, and files cannot say that"
	}
	return a.Declarable(former)
}

// Declarable returns a value as HCL has it, where files that declare it so mean the same.
// Why says why there is none; "": there is.
func (a *Attribute) Declarable(former Value) (v cty.Value, why string) {
	if a.Cty == nil {
		return v, "files cannot say its former value"
	}
	if v = a.Cty(former); v == cty.NilVal || v.IsNull() {
		return v, "files cannot say its former value"
	}
	read, lacks := a.readBack(v)
	switch {
	case lacks != "":
		return v, fmt.Sprintf("the service has not told all of its former value (%s)", lacks)
	case read == nil || !read.Equal(former):
		return v, "files cannot say its former value"
	}
	return v, ""
}

// readBack reads what files would declare of a value that was live. Lacks says what the
// service has not told of it; "": it has told all.
func (a *Attribute) readBack(declared cty.Value) (v Value, lacks string) {
	v, problems := a.Decode(declared)
	if i := slices.IndexFunc(problems, func(p Problem) bool { return !p.Warning }); i >= 0 {
		return nil, problems[i].Summary
	}
	return v, ""
}
