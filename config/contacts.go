package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/config/attr"
)

// zhBlock is the block of a contact's fields in Chinese.
const zhBlock = "zh"

// contactFields and zhFields are the arguments of a contact block and of the
// block within it.
var contactFields, zhFields = attr.ContactFields()

// elementFields are the arguments of a block that declares an element of an
// attribute of the account.
func elementFields(a *attr.Attribute) []string {
	return slices.DeleteFunc(slices.Clone(a.Members), func(name string) bool { return name == zhBlock })
}

// contact is a contact block, or one that declares an element of an attribute of
// the account, which is a contact with more to it.
type contact struct {
	source *hcl.Range
	fields hcl.Attributes
	zh     hcl.Attributes // nil: no block
}

// addContact keeps a contact block, or one of an element, in all.
func (l *loader) addContact(block *hcl.Block, all map[string]*contact, fields []string) {
	if !l.claim(block) {
		return
	}
	name := block.Labels[0]
	if !hclsyntax.ValidIdentifier(name) {
		l.errorAt(block.LabelRanges[0].Ptr(), "Invalid name", "A %s's name begins with a letter and holds letters, digits, - and _.", spoken(block.Type))
	}
	body := schema(nil, fields...)
	body.Blocks = []hcl.BlockHeaderSchema{{Type: zhBlock}}
	content, diags := block.Body.Content(body)
	l.diags = append(l.diags, diags...)
	c := &contact{source: header(block), fields: content.Attributes}
	for i, inner := range content.Blocks {
		if i > 0 {
			l.errorAt(header(inner), "Duplicate zh block", "The zh block of this %s is at %s. Put its arguments into one block.", spoken(block.Type), place(header(content.Blocks[0])))
			continue
		}
		within, diags := inner.Body.Content(schema(nil, zhFields...))
		l.diags = append(l.diags, diags...)
		c.zh = within.Attributes
	}
	all[name] = c
}

// evaluateContacts computes all contacts. All of them have the same type, so
// that conditions can choose between them: a field that is not declared is
// null.
func (l *loader) evaluateContacts() {
	values := make(map[string]cty.Value, len(l.contacts))
	for _, name := range sortedKeys(l.contacts) {
		values[name] = l.evaluateContact(name, l.contacts[name])
	}
	declare(l, rootContact, values, l.contacts, func(c *contact) *hcl.Range { return c.source })
}

// evaluateContact returns the object that contact.NAME stands for; it is
// unknown where the block has a mistake.
func (l *loader) evaluateContact(name string, c *contact) cty.Value {
	fields, ok := l.contactValues(c, contactFields)
	for _, a := range blockAttributes() {
		fields[a.Name] = cty.NullVal(cty.String)
	}
	v := cty.ObjectVal(fields)
	_, problems := attr.DecodeContact(v)
	for _, p := range problems {
		if ok || len(p.Path) > 0 { // what could not be computed is not missing
			l.errorAt(c.rangeOf(p.Path), p.Summary, "contact %q: %s", name, p.Detail)
		}
	}
	if !ok || len(problems) > 0 {
		return cty.DynamicVal
	}
	return v
}

// contactValues returns the members of the object that a block stands for.
func (l *loader) contactValues(c *contact, names []string) (fields map[string]cty.Value, ok bool) {
	fields, ok = l.contactTexts(names, c.fields)
	fields[zhBlock] = cty.NullVal(zhType)
	if c.zh != nil {
		within, fine := l.contactTexts(zhFields, c.zh)
		fields[zhBlock], ok = cty.ObjectVal(within), ok && fine
	}
	return fields, ok
}

// evaluateElements computes all blocks of an attribute of the account, and what
// references to them stand for: objects of the type that contacts have, which
// refer to the element.
func (l *loader) evaluateElements(a *attr.Attribute) {
	all := l.elements[a.Name]
	blocks, references := make(map[string]cty.Value), make(map[string]cty.Value)
	complete := true
	for _, name := range sortedKeys(all) {
		fields, ok := l.contactValues(all[name], elementFields(a))
		blocks[name] = cty.ObjectVal(fields)
		complete = complete && ok
		references[name] = reference(a, name)
	}
	declare(l, a.Name, references, all, func(c *contact) *hcl.Range { return c.source })
	v, problems := a.Decode(cty.ObjectVal(blocks))
	for _, p := range problems {
		name := p.Path[0].(cty.GetAttrStep).Name
		if complete || len(p.Path) > 1 {
			l.errorAt(all[name].rangeOf(p.Path[1:]), p.Summary, "%s %q: %s", spoken(a.Name), name, p.Detail)
		}
	}
	if !complete || len(problems) > 0 {
		return
	}
	for _, name := range sortedKeys(all) {
		l.portfolio.Declared = append(l.portfolio.Declared, Declared{Attribute: a, Value: a.Element(v, name), Source: all[name].source})
	}
}

// contactReferences returns what names can refer to a contact by, by its text.
func (l *loader) contactReferences() (all []Reference) {
	roots := []string{rootContact}
	for _, a := range blockAttributes() {
		roots = append(roots, a.Name)
	}
	for _, root := range roots {
		for name, value := range l.own.scope.Variables[root].AsValueMap() {
			if contact, problems := attr.DecodeContact(value); value.IsWhollyKnown() && len(problems) == 0 {
				all = append(all, Reference{Text: root + "." + name, Value: contact})
			}
		}
	}
	slices.SortFunc(all, func(a, b Reference) int { return strings.Compare(a.Text, b.Text) })
	return all
}

// spoken writes the type of a block as words.
func spoken(block string) string { return strings.ReplaceAll(block, "_", " ") }

// reference is the contact that an element of an attribute of the account holds.
func reference(a *attr.Attribute, name string) cty.Value {
	fields := map[string]cty.Value{zhBlock: cty.NullVal(zhType)}
	for _, f := range contactFields {
		fields[f] = cty.NullVal(cty.String)
	}
	for _, other := range blockAttributes() {
		fields[other.Name] = cty.NullVal(cty.String)
	}
	fields[a.Name] = cty.StringVal(name)
	return cty.ObjectVal(fields)
}

// zhType is the type of the fields in Chinese.
var zhType = cty.Object(func() map[string]cty.Type {
	types := make(map[string]cty.Type)
	for _, name := range zhFields {
		types[name] = cty.String
	}
	return types
}())

// contactTexts evaluates the fields of a block.
func (l *loader) contactTexts(names []string, args hcl.Attributes) (texts map[string]cty.Value, ok bool) {
	texts, ok = make(map[string]cty.Value, len(names)+1), true
	for _, name := range names {
		texts[name] = cty.NullVal(cty.String)
		a := args[name]
		if a == nil {
			continue
		}
		v, known := l.value(a.Expr, inBlock)
		text, err := convert.Convert(v, cty.String)
		switch {
		case !known:
			ok = false
		case err != nil:
			l.errorAt(a.Expr.Range().Ptr(), "Wrong type", "%s must be a text in quotes, not %s.", name, describe(v))
			ok = false
		default:
			texts[name] = text
		}
	}
	return texts, ok
}

// rangeOf returns the place of a field.
func (c *contact) rangeOf(path cty.Path) *hcl.Range {
	args := c.fields
	for _, step := range path {
		name := step.(cty.GetAttrStep).Name
		if name == zhBlock {
			args = c.zh
			continue
		}
		if a := args[name]; a != nil {
			return a.Expr.Range().Ptr()
		}
	}
	return c.source
}
