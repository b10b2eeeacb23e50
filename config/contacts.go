package config

import (
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

// contact is a contact block.
type contact struct {
	source *hcl.Range
	fields hcl.Attributes
	zh     hcl.Attributes // nil: no block
}

// addContact keeps a contact block.
func (l *loader) addContact(block *hcl.Block) {
	if !l.claim(block) {
		return
	}
	name := block.Labels[0]
	if !hclsyntax.ValidIdentifier(name) {
		l.errorAt(block.LabelRanges[0].Ptr(), "Invalid name", "A contact's name begins with a letter and holds letters, digits, - and _.")
	}
	body := schema(nil, contactFields...)
	body.Blocks = []hcl.BlockHeaderSchema{{Type: zhBlock}}
	content, diags := block.Body.Content(body)
	l.diags = append(l.diags, diags...)
	c := &contact{source: header(block), fields: content.Attributes}
	for i, inner := range content.Blocks {
		if i > 0 {
			l.errorAt(header(inner), "Duplicate zh block", "The zh block of this contact is at %s. Put its arguments into one block.", place(header(content.Blocks[0])))
			continue
		}
		within, diags := inner.Body.Content(schema(nil, zhFields...))
		l.diags = append(l.diags, diags...)
		c.zh = within.Attributes
	}
	l.contacts[name] = c
}

// evaluateContacts computes all contacts. All of them have the same type, so
// that conditions can choose between them: a field that is not declared is
// null.
func (l *loader) evaluateContacts() {
	values := make(map[string]cty.Value, len(l.contacts))
	for _, name := range sortedKeys(l.contacts) {
		values[name] = l.evaluateContact(name, l.contacts[name])
	}
	l.scope.Variables[rootContact] = cty.ObjectVal(values)
}

// evaluateContact returns the object that contact.NAME stands for; it is
// unknown where the block has a mistake.
func (l *loader) evaluateContact(name string, c *contact) cty.Value {
	fields, ok := l.contactTexts(contactFields, c.fields)
	zh := cty.NullVal(zhType)
	if c.zh != nil {
		within, fine := l.contactTexts(zhFields, c.zh)
		zh, ok = cty.ObjectVal(within), ok && fine
	}
	fields[zhBlock] = zh
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
