package importer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
)

// A reference is a value that stands in a block of its own, since many names
// have it in several roles.
type reference struct {
	attr.Block
	value     attr.Referable
	attribute *attr.Attribute // one that has the value
	text      string          // how names refer to it, where it is there already
}

// references are all that names refer to, each once.
type references struct {
	list  []*reference
	known map[[2]string][]*reference // by type and key
}

// referencesOf gathers the values of names that are blocks: those first that can
// stand for others. What the configuration beside has is not written again.
func referencesOf(names []*domain, beside *beside) *references {
	all := &references{known: make(map[[2]string][]*reference)}
	for _, r := range beside.contacts() {
		if value, ok := r.Value.(attr.Referable); ok {
			b := value.Block()
			_, b.Label, _ = strings.Cut(r.Text, ".")
			key := [2]string{b.Type, b.Key}
			all.known[key] = append(all.known[key], &reference{Block: b, value: value, text: r.Text})
		}
	}
	given := make(map[string]*labels) // by type
	for _, whole := range []bool{true, false} {
		for _, d := range names {
			for _, v := range d.values {
				value, ok := v.value.(attr.Referable)
				if !ok {
					continue
				}
				r := &reference{Block: value.Block(), value: value, attribute: v.attribute}
				if r.Whole != whole || all.find(value, r.Block) != nil {
					continue
				}
				if given[r.Type] == nil {
					given[r.Type] = newLabels(beside.labels(r.Type)...)
				}
				r.Label = given[r.Type].unique(identifier(strings.ToLower(r.Label), r.Type))
				all.list = append(all.list, r)
				key := [2]string{r.Type, r.Key}
				all.known[key] = append(all.known[key], r)
			}
		}
	}
	return all
}

// of returns how names refer to a value, nil where it is no block.
func (all *references) of(v attr.Value) *reference {
	value, ok := v.(attr.Referable)
	if !ok {
		return nil
	}
	return all.find(value, value.Block())
}

// find returns the block that stands for a value, nil where none does.
func (all *references) find(value attr.Referable, b attr.Block) *reference {
	for _, known := range all.known[[2]string{b.Type, b.Key}] {
		if known.value.StandsFor(value) {
			return known
		}
	}
	return nil
}

// types returns the types of all blocks, in the order in which they came.
func (all *references) types() (types []string) {
	seen := make(map[string]bool)
	for _, r := range all.list {
		if !seen[r.Type] {
			seen[r.Type] = true
			types = append(types, r.Type)
		}
	}
	return types
}

// String is how names refer to the block.
func (r *reference) String() string {
	if r.text != "" {
		return r.text
	}
	return r.Type + "." + r.Label
}

func (r *reference) write(out *bytes.Buffer) {
	writeBlock(out, r.Type, r.Label, r.attribute.Cty(r.value), r.attribute.Members)
}

// writeBlock writes an object as a block, in which objects are blocks, too.
func writeBlock(out *bytes.Buffer, kind, label string, fields cty.Value, members []string) {
	fmt.Fprintf(out, "\n%s %q {\n", kind, label)
	values := fields.AsValueMap()
	for _, name := range inOrder(values, members) {
		if !values[name].Type().IsObjectType() {
			writeArgument(out, name, values[name])
			continue
		}
		within := values[name].AsValueMap()
		fmt.Fprintf(out, "%s {\n", name)
		for _, name := range inOrder(within, members) {
			writeArgument(out, name, within[name])
		}
		out.WriteString("}\n")
	}
	out.WriteString("}\n")
}
