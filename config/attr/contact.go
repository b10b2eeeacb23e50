package attr

import (
	"cmp"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

// Contact is what is said of a person or an organisation: texts by field, in
// their canonical form. One that is declared says what its fields are to be and
// nothing of the others; a live one says all that the service tells.
type Contact map[string]string

// A contactField is one field of a contact.
type contactField struct {
	name     string
	optional bool // a contact is complete without it
	personal bool // it tells who somebody is; the others tell what many have in common
	of       func(*snapshot.Contact) *string
	check    func(text string) string // what is wrong with its canonical text, "" for nothing
	written  func(text string) string // what is wrong with how it is written
}

// zhPrefix begins the names of the fields that a contact has in Chinese.
const zhPrefix = "zh_"

// contactFields are the fields in the order in which they are shown.
var contactFields = []contactField{
	{"type", false, false, func(c *snapshot.Contact) *string { return (*string)(&c.Type) }, nil, nil},
	{"organization", false, true, func(c *snapshot.Contact) *string { return &c.Organization }, nil, nil},
	{"name", false, true, func(c *snapshot.Contact) *string { return &c.Name }, nil, nil},
	{"email", false, true, func(c *snapshot.Contact) *string { return &c.Email }, checkEmail, nil},
	{"country", false, false, func(c *snapshot.Contact) *string { return &c.Country }, checkCountry, nil},
	{"province", false, true, func(c *snapshot.Contact) *string { return &c.Province }, nil, nil},
	{"city", false, true, func(c *snapshot.Contact) *string { return &c.City }, nil, nil},
	{"address", false, true, func(c *snapshot.Contact) *string { return &c.Address }, nil, nil},
	{"postal_code", false, true, func(c *snapshot.Contact) *string { return &c.PostalCode }, nil, nil},
	{"phone_country_code", false, false, func(c *snapshot.Contact) *string { return &c.PhoneCountryCode }, checkCallingCode, nil},
	{"phone", false, true, func(c *snapshot.Contact) *string { return &c.Phone }, checkDigits, checkNational},
	{"phone_extension", true, true, func(c *snapshot.Contact) *string { return &c.PhoneExtension }, checkDigits, nil},
	{zhPrefix + "organization", true, true, func(c *snapshot.Contact) *string { return &c.Zh.Organization }, nil, nil},
	{zhPrefix + "name", true, true, func(c *snapshot.Contact) *string { return &c.Zh.Name }, nil, nil},
	{zhPrefix + "province", true, true, func(c *snapshot.Contact) *string { return &c.Zh.Province }, nil, nil},
	{zhPrefix + "city", true, true, func(c *snapshot.Contact) *string { return &c.Zh.City }, nil, nil},
	{zhPrefix + "address", true, true, func(c *snapshot.Contact) *string { return &c.Zh.Address }, nil, nil},
}

// contactTypes are the kinds of contacts as files write them.
var contactTypes = map[string]wire.RegistrantType{"individual": wire.Person, "enterprise": wire.Organization}

// RegistrantTypes returns the kinds of contacts as files write them.
func RegistrantTypes() []string { return slices.Sorted(maps.Keys(contactTypes)) }

// RegistrantType returns the kind of contacts that files write so.
func RegistrantType(word string) (kind wire.RegistrantType, ok bool) {
	kind, ok = contactTypes[word]
	return kind, ok
}

// ContactFields returns the names of a contact's fields, and of those that it
// has in Chinese.
func ContactFields() (fields, zh []string) {
	for _, f := range contactFields {
		if name, ok := strings.CutPrefix(f.name, zhPrefix); ok {
			zh = append(zh, name)
		} else {
			fields = append(fields, f.name)
		}
	}
	return fields, zh
}

// contactOf returns what the service tells of a contact. It tells the kind of
// registrants only.
func contactOf(live snapshot.Contact) Contact {
	c := make(Contact, len(contactFields))
	live = live.Canonical()
	for _, f := range contactFields {
		c[f.name] = *f.of(&live)
	}
	delete(c, "type")
	for name := range strings.FieldsSeq(live.Lacks) {
		delete(c, name)
	}
	for name, kind := range contactTypes {
		if live.Type == kind {
			c["type"] = name
		}
	}
	return c
}

func (c Contact) snapshot() (s snapshot.Contact) {
	for _, f := range contactFields {
		*f.of(&s) = c[f.name]
	}
	s.Type = contactTypes[c["type"]]
	return s
}

// over returns the contact with the other's fields where this one says nothing.
func (c Contact) over(other Contact) Contact {
	all := make(Contact, len(contactFields))
	maps.Copy(all, other)
	maps.Copy(all, c)
	return all
}

// Lacking returns the fields that a contact needs and does not have.
func (c Contact) Lacking() (names []string) {
	for _, f := range contactFields {
		if !f.optional && c[f.name] == "" {
			names = append(names, f.name)
		}
	}
	return names
}

// incomplete says which fields a contact needs and does not have, and what to
// write; "" where it is complete.
func (c Contact) incomplete() string {
	names := c.Lacking()
	if len(names) == 0 {
		return ""
	}
	why := "is sent whole, and neither the files nor the account tell its " + strings.Join(names, ", ") + ": declare what is missing"
	if names[0] == "type" {
		why += `, type = "individual" or type = "enterprise" with it`
	}
	return why
}

// Equal reports whether both say the same of what they both speak of, and one
// of them speaks of all that the other does.
func (c Contact) Equal(other Value) bool {
	few, many := c, other.(Contact)
	if len(few) > len(many) {
		few, many = many, few
	}
	for name, text := range few {
		if other, ok := many[name]; !ok || other != text {
			return false
		}
	}
	return true
}

// MapPersonal returns the contact with others in place of its personal texts.
func (c Contact) MapPersonal(with personal.Map) Value { return c.mapPersonal(with) }

func (c Contact) mapPersonal(with personal.Map) Contact {
	mapped := maps.Clone(c)
	for _, f := range contactFields {
		if text := c[f.name]; f.personal && text != "" {
			mapped[f.name] = with(f.name, text)
		}
	}
	return mapped
}

// String lists the fields that have a text.
func (c Contact) String() string {
	var texts []string
	if label := c[RegistrantProfile]; label != "" {
		return "registrant profile " + label
	}
	for _, f := range contactFields {
		switch text := c[f.name]; {
		case text == "":
		case f.name == "type":
			texts = append(texts, text)
		default:
			texts = append(texts, fmt.Sprintf("%s %q", f.name, text))
		}
	}
	return strings.Join(texts, ", ")
}

// ProfileLabel returns the label of the registrant profile for which the contact
// stands, "" for none.
func (c Contact) ProfileLabel() string { return c[RegistrantProfile] }

// Email returns the e-mail address, "" for none.
func (c Contact) Email() string { return c["email"] }

// Block says how the contact is written as one of the contact blocks. The
// service tells the kind of registrants alone, and a block tells it where one of
// its roles does.
func (c Contact) Block() Block {
	bare := c.without("type")
	return Block{
		Type: "contact", About: "who stands behind the names", Label: cmp.Or(c["organization"], c["name"], c["email"]),
		Key: bare.String(), Whole: c["type"] != "",
	}
}

// StandsFor reports whether the contact says all that the other one does, which
// is the same but for its kind.
func (c Contact) StandsFor(other Value) bool {
	kind := other.(Contact)["type"]
	return kind == "" || kind == c["type"]
}

// Differing returns of two contacts the fields in which the second is another.
func (c Contact) Differing(after Value) (Value, Value) {
	old, next := make(Contact), make(Contact)
	for name, text := range after.(Contact) {
		if c[name] != text {
			old[name], next[name] = c[name], text
		}
	}
	return old, next
}

func (c Contact) cty() cty.Value {
	if label := c[RegistrantProfile]; label != "" {
		return cty.ObjectVal(map[string]cty.Value{RegistrantProfile: cty.StringVal(label)})
	}
	vals, zh := make(map[string]cty.Value), make(map[string]cty.Value)
	for name, text := range c {
		if text == "" {
			continue
		}
		if short, ok := strings.CutPrefix(name, zhPrefix); ok {
			zh[short] = cty.StringVal(text)
		} else {
			vals[name] = cty.StringVal(text)
		}
	}
	if len(zh) > 0 {
		vals["zh"] = cty.ObjectVal(zh)
	}
	return cty.ObjectVal(vals)
}

// DecodeContact reads an object with the fields of a contact. A field that is
// null is not declared.
func DecodeContact(v cty.Value) (Contact, []Problem) {
	o, problem := newObject(v, "a contact, such as contact.legal")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	d := contactDecoder{texts: make(Contact)}
	if o.has(RegistrantProfile) {
		return decodeReference(o)
	}
	fields, zh := ContactFields()
	d.members("", nil, o.members, append(fields, "zh"))
	if o.has("zh") {
		path := cty.GetAttrPath("zh")
		if inner, problem := newObject(o.members["zh"], "the fields in Chinese"); problem != nil {
			problem.Path = path
			d.problems = append(d.problems, *problem)
		} else {
			d.members(zhPrefix, path, inner.members, zh)
		}
	}
	return d.finish()
}

// decodeReference reads what registrant_profile.NAME stands for.
func decodeReference(o *object) (Contact, []Problem) {
	label := o.text(RegistrantProfile)
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if name != RegistrantProfile && o.has(name) {
			o.fail(name, "Unsupported argument", "%q is not expected beside a registrant profile: the profile says what the contact is.", name)
		}
	}
	if problem := o.check(func() *Problem { return nil }); problem != nil {
		return nil, []Problem{*problem}
	}
	return Contact{RegistrantProfile: label}, nil
}

// contactDecoder gathers what an object says of a contact.
type contactDecoder struct {
	texts    Contact
	problems []Problem
}

func (d *contactDecoder) fail(path cty.Path, summary, format string, args ...any) {
	d.problems = append(d.problems, Problem{Summary: summary, Detail: fmt.Sprintf(format, args...), Path: path})
}

func (d *contactDecoder) members(prefix string, within cty.Path, members map[string]cty.Value, known []string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v, path := members[name], append(slices.Clone(within), cty.GetAttrStep{Name: name})
		switch text, err := convert.Convert(v, cty.String); {
		case prefix == "" && name == RegistrantProfile: // null
		case !slices.Contains(known, name):
			d.fail(path, "Unsupported argument", "%s", notExpected(name, known))
		case v.IsNull() || prefix == "" && name == "zh":
		case err != nil:
			d.fail(path, "Wrong type", "%s must be a text in quotes, not %s.", name, article(v.Type()))
		default:
			d.texts[prefix+name] = text.AsString()
		}
	}
}

// finish brings the texts into their canonical form and checks them.
func (d *contactDecoder) finish() (Contact, []Problem) {
	kind, hasKind := d.texts["type"]
	if _, known := contactTypes[kind]; hasKind && !known {
		d.fail(cty.GetAttrPath("type"), "Unknown value", "%q is none of \"individual\" and \"enterprise\".", kind)
	}
	canonical, phone := d.texts.snapshot().Canonical(), d.texts["phone"]
	for _, f := range contactFields {
		if _, declared := d.texts[f.name]; !declared || f.name == "type" {
			continue
		}
		text, written := *f.of(&canonical), d.texts[f.name]
		d.texts[f.name] = text
		path := cty.GetAttrPath(f.name)
		if short, ok := strings.CutPrefix(f.name, zhPrefix); ok {
			path = cty.GetAttrPath("zh").GetAttr(short)
		}
		if text == "" {
			d.fail(path, "Empty text", "A contact's %s cannot be cleared. Leave it out to leave it as it is.", path[len(path)-1].(cty.GetAttrStep).Name)
		} else if wrong := f.wrong(text, written); wrong != "" {
			d.fail(path, "Not possible", "%s", wrong)
		}
	}
	if why := repeatsCode(phone, d.texts["phone_country_code"]); why != "" {
		d.fail(cty.GetAttrPath("phone"), "Not possible", "%s", why)
	}
	if len(d.problems) == 0 && len(d.texts) == 0 {
		d.fail(nil, "Empty contact", "The contact says nothing. Declare at least one of its fields.")
	}
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	return d.texts, nil
}

// wrong says what is wrong with a field, "" for nothing.
func (f contactField) wrong(text, written string) string {
	if f.check != nil {
		if why := f.check(text); why != "" {
			return why
		}
	}
	if f.written != nil {
		return f.written(written)
	}
	return ""
}

func checkEmail(text string) string {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || !mailHost(text[strings.LastIndexByte(text, '@')+1:]) {
		return fmt.Sprintf("%q is no e-mail address.", text)
	}
	return ""
}

// mailHost reports whether a registrar can send mail to a host: it is a name
// below another.
func mailHost(host string) bool {
	name, err := wire.CanonicalName(host)
	return err == nil && strings.Contains(name, ".") && strings.Trim(name, "0123456789.") != ""
}

func checkDigits(text string) string {
	if strings.Trim(text, "0123456789") != "" {
		return fmt.Sprintf("%q is no phone number: write digits. The calling code of the country stands in phone_country_code.", text)
	}
	return ""
}
