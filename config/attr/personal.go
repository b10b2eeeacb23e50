package attr

import (
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

// MapPersonal returns a value with others in place of its personal texts.
func MapPersonal(v Value, with personal.Map) Value {
	if p, ok := v.(Personal); ok {
		return p.MapPersonal(with)
	}
	return v
}

// Persons returns the personal texts of a value, those of each person together.
func Persons(v Value) (persons [][]personal.Text) {
	seen := make(map[string]bool)
	MapPersonal(v, func(field, text string) string {
		if len(persons) == 0 || seen[field] { // a field that comes again is somebody else's
			persons = append(persons, nil)
			clear(seen)
		}
		seen[field] = true
		last := &persons[len(persons)-1]
		*last = append(*last, personal.Text{Field: field, Text: text})
		return text
	})
	return persons
}

// Public writes a value for messages that everybody may read: its personal texts
// are masked whoever reads them.
func Public(v Value) string {
	if v == nil {
		return "nothing"
	}
	return MapPersonal(v, personal.Form).String()
}

// personalParams are the fields that the parameters of requests hold, by their
// names: those of the contacts of names and profiles, and of e-mail addresses.
var personalParams = personalParamsOf(contactFields)

func personalParamsOf(fields []contactField) map[string]string {
	named := make(Contact)
	for _, f := range fields {
		if f.personal {
			named[f.name] = f.name
		}
	}
	r := new(wire.VerifyContactFieldRequest)
	r.Contact, r.ZhContact = named.snapshot().Wire()
	params := map[string]string{}
	for _, p := range wire.Params(r) {
		params[p.Name] = p.Value
	}
	return params
}

// PersonalParameter returns the field that a parameter of a request holds a
// personal text of, by its name on the wire, where lists have a number; "" where it
// holds none.
func PersonalParameter(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return personalParams[name]
}

// MapPersonalRequest returns a request with others in place of its personal texts.
func MapPersonalRequest(r wire.Request, with personal.Map) wire.Request {
	return wire.MapTexts(r, func(member, text string) string {
		if field := personalParams[member]; field != "" && text != "" {
			return with(field, text)
		}
		return text
	})
}

// HasPersonal reports whether the change is about personal texts.
func (c *Change) HasPersonal() bool {
	_, before := c.Before.(Personal)
	_, after := c.After.(Personal)
	return before || after
}

// EachPersonal passes the personal texts of the change's values, one after the
// other.
func (c *Change) EachPersonal(each personal.Map) {
	MapPersonal(c.Before, each)
	MapPersonal(c.After, each)
}

// MapPersonal returns the change with others in place of its personal texts: in
// its values, in the requests of its steps, and where an ID holds one. Its reason
// and what it says of other changes are texts like any other, which free maps.
func (c *Change) MapPersonal(with personal.Map, free func(string) string) Change {
	m := *c
	m.Before, m.After = MapPersonal(c.Before, with), MapPersonal(c.After, with)
	id := func(s string) string { return personal.ReplaceEmails(s, with) }
	if a := Lookup(c.Attribute); a != nil && a.PersonalElements != "" && c.Element != "" {
		m.Element = with(a.PersonalElements, c.Element)
		id = func(s string) string {
			if rest, ok := strings.CutPrefix(s, c.ID); ok {
				return strings.TrimSuffix(c.ID, c.Element) + m.Element + rest
			}
			return personal.ReplaceEmails(s, with)
		}
	}
	m.ID = id(c.ID)
	m.mapWords(free, id)
	if c.Logged != nil {
		logged := *c.Logged
		logged.Operation = free(logged.Operation)
		m.Logged = &logged
	}
	m.Steps = make([]Step, len(c.Steps))
	if c.Steps == nil {
		m.Steps = nil
	}
	for i := range c.Steps {
		m.Steps[i] = c.Steps[i].mapPersonal(with, id)
	}
	return m
}

func (s *Step) mapPersonal(with personal.Map, id func(string) string) Step {
	m := *s
	m.ID, m.Needs, m.After = id(s.ID), mapTexts(s.Needs, id), mapTexts(s.After, id)
	m.Request = MapPersonalRequest(s.Request, with)
	if s.Check != nil {
		m.Check = MapPersonalRequest(s.Check, with)
	}
	return m
}

func mapTexts(all []string, with func(string) string) []string {
	if all == nil {
		return nil
	}
	mapped := make([]string, len(all))
	for i, s := range all {
		mapped[i] = with(s)
	}
	return mapped
}

// EachPersonal passes the personal texts of a value, which it does not copy where that
// can be.
func EachPersonal(v Value, each func(field, text string)) {
	if c, ok := v.(Contact); ok {
		for _, f := range contactFields {
			if text := c[f.name]; f.personal && text != "" {
				each(f.name, text)
			}
		}
		return
	}
	MapPersonal(v, func(field, text string) string {
		each(field, text)
		return text
	})
}

// TakePersonal returns a live contact without its personal texts, which it passes.
func TakePersonal(live snapshot.Contact, each func(field, text string)) snapshot.Contact {
	for _, f := range contactFields {
		if text := f.of(&live); f.personal && *text != "" {
			each(f.name, *text)
			*text = ""
		}
	}
	return live
}

// PutPersonal returns a live contact with the personal texts of some fields.
func PutPersonal(live snapshot.Contact, texts map[string]string) snapshot.Contact {
	for _, f := range contactFields {
		if text, ok := texts[f.name]; ok && f.personal {
			*f.of(&live) = text
		}
	}
	return live
}

// Shows reports whether a live value is as declared and has every text that is
// declared: one that is not known may be another. The service tells the kind of
// contacts of registrants only.
func Shows(live, declared Value) bool {
	c, isContact := live.(Contact)
	want, ok := declared.(Contact)
	if !isContact || !ok {
		return live != nil && live.Equal(declared)
	}
	if c["type"] == "" {
		want = want.without("type")
	}
	return len(c.lackedFields(want)) == 0 && c.Equal(want)
}

// EachPersonalOf passes the personal texts of all that is known of an account and its
// names, one after the other.
func EachPersonalOf(live *snapshot.Account, each personal.Map) {
	for i := range live.Domains {
		for _, a := range OfNames() {
			if live.Domains[i].Has(a.Facts) {
				MapPersonal(a.Observe(&live.Domains[i]), each)
			}
		}
	}
	for _, a := range OfAccount() {
		MapPersonal(a.ObserveAccount(live), each)
	}
}
