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

// profileFields are the arguments of a registrant_profile block.
var profileFields = append(slices.Clone(contactFields), attr.ProfileFields()...)

// contact is a contact block, or the part of a registrant_profile block that is
// one.
type contact struct {
	source *hcl.Range
	fields hcl.Attributes
	zh     hcl.Attributes // nil: no block
}

// addContact keeps a contact block, or one of a registrant profile, in all.
func (l *loader) addContact(block *hcl.Block, all map[string]*contact, fields []string) {
	if !l.claim(block) {
		return
	}
	name := block.Labels[0]
	if !hclsyntax.ValidIdentifier(name) {
		l.errorAt(block.LabelRanges[0].Ptr(), "Invalid name", "A %s's name begins with a letter and holds letters, digits, - and _.", strings.ReplaceAll(block.Type, "_", " "))
	}
	body := schema(nil, fields...)
	body.Blocks = []hcl.BlockHeaderSchema{{Type: zhBlock}}
	content, diags := block.Body.Content(body)
	l.diags = append(l.diags, diags...)
	c := &contact{source: header(block), fields: content.Attributes}
	for i, inner := range content.Blocks {
		if i > 0 {
			l.errorAt(header(inner), "Duplicate zh block", "The zh block of this %s is at %s. Put its arguments into one block.", strings.ReplaceAll(block.Type, "_", " "), place(header(content.Blocks[0])))
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
	l.scope.Variables[rootContact] = cty.ObjectVal(values)
}

// evaluateContact returns the object that contact.NAME stands for; it is
// unknown where the block has a mistake.
func (l *loader) evaluateContact(name string, c *contact) cty.Value {
	fields, ok := l.contactValues(c, contactFields)
	fields[attr.RegistrantProfile] = cty.NullVal(cty.String)
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

// evaluateProfiles computes all registrant profiles, and what
// registrant_profile.NAME stands for: an object of the type that contacts have,
// which refers to the profile.
func (l *loader) evaluateProfiles() {
	blocks, references := make(map[string]cty.Value), make(map[string]cty.Value)
	complete := true
	for _, name := range sortedKeys(l.profiles) {
		fields, ok := l.contactValues(l.profiles[name], profileFields)
		blocks[name] = cty.ObjectVal(fields)
		complete = complete && ok
		references[name] = reference(name)
	}
	l.scope.Variables[rootProfile] = cty.ObjectVal(references)
	a := attr.Lookup(attr.RegistrantProfile)
	v, problems := a.Decode(cty.ObjectVal(blocks))
	for _, p := range problems {
		name := p.Path[0].(cty.GetAttrStep).Name
		if complete || len(p.Path) > 1 {
			l.errorAt(l.profiles[name].rangeOf(p.Path[1:]), p.Summary, "registrant profile %q: %s", name, p.Detail)
		}
	}
	if !complete || len(problems) > 0 {
		return
	}
	for _, name := range sortedKeys(l.profiles) {
		l.portfolio.Declared = append(l.portfolio.Declared, Declared{
			Attribute: a, Value: attr.Profiles{name: v.(attr.Profiles)[name]}, Source: l.profiles[name].source,
		})
	}
}

// reference is the contact that a registrant profile holds.
func reference(name string) cty.Value {
	fields := map[string]cty.Value{zhBlock: cty.NullVal(zhType), attr.RegistrantProfile: cty.StringVal(name)}
	for _, f := range contactFields {
		fields[f] = cty.NullVal(cty.String)
	}
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
