package importer

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
)

// A contact is a block of its own, since many names have it in several roles.
type contact struct {
	label  string
	value  attr.Contact
	fields cty.Value
}

// contacts are all that names have, each once.
type contacts struct {
	list  []*contact
	known map[string][]*contact // by their text but for the kind
}

// contactsOf gathers the contacts of names. The service tells the kind of
// registrants alone: a contact without one is the same as one that has it.
func contactsOf(names []*domain) *contacts {
	all := &contacts{known: make(map[string][]*contact)}
	given := labels{used: make(map[string]bool), last: make(map[string]int)}
	for _, told := range []bool{true, false} {
		for _, d := range names {
			for _, v := range d.values {
				c, ok := v.value.(attr.Contact)
				if !ok || (c["type"] != "") != told || all.find(c) != nil {
					continue
				}
				found := &contact{
					label: given.unique(identifier(strings.ToLower(cmp.Or(c["organization"], c["name"], c["email"])), "contact")),
					value: c, fields: v.attribute.Cty(c),
				}
				all.list = append(all.list, found)
				all.known[plain(c)] = append(all.known[plain(c)], found)
			}
		}
	}
	return all
}

// plain is equal for contacts that differ in their kind alone.
func plain(c attr.Contact) string {
	bare := maps.Clone(c)
	delete(bare, "type")
	return bare.String()
}

func (all *contacts) find(c attr.Contact) *contact {
	for _, known := range all.known[plain(c)] {
		if c["type"] == "" || c["type"] == known.value["type"] {
			return known
		}
	}
	return nil
}

func (c *contact) write(out *bytes.Buffer, members []string) {
	writeBlock(out, "contact", c.label, c.fields, members)
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
