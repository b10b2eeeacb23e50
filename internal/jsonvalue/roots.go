package jsonvalue

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// A Root makes what expressions find under a name such as plan, of which they look
// at some members; nil: at all of it. [Members] does that for a struct.
type Root func(members []string) (cty.Value, error)

// Variables makes the roots that expressions mention, and no others: a plan of a
// million changes costs nothing where nobody looks at it. Of each they hold what the
// expressions mention.
func Variables(roots map[string]Root, exprs ...hcl.Expression) (map[string]cty.Value, error) {
	made := make(map[string]cty.Value)
	for name, members := range Mentioned(exprs...) {
		root, ok := roots[name]
		if !ok {
			continue // who evaluates says so, with the place
		}
		v, err := root(members)
		if err != nil {
			return nil, err
		}
		made[name] = v
	}
	return made, nil
}

// Mentioned returns the names that expressions begin with, each with the members
// that they take of it, sorted; nil where one takes it as a whole.
func Mentioned(exprs ...hcl.Expression) map[string][]string {
	members, whole := make(map[string][]string), make(map[string]bool)
	for _, x := range exprs {
		for _, t := range x.Variables() {
			root := t.RootName()
			name, ok := Member(t)
			members[root] = append(members[root], name)
			whole[root] = whole[root] || !ok
		}
	}
	for root, names := range members {
		slices.Sort(names)
		members[root] = slices.Compact(names)
		if whole[root] {
			members[root] = nil
		}
	}
	return members
}

// Member returns the member that a reference takes of its root, as in plan.NAME and
// plan["NAME"]. It reports false where the reference takes none, or one that is computed.
func Member(t hcl.Traversal) (string, bool) {
	if len(t) < 2 {
		return "", false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if k := step.Key; k.IsKnown() && !k.IsNull() && k.Type() == cty.String {
			return k.AsString(), true
		}
	}
	return "", false
}
