// Package personal says what texts are that tell who somebody is, finds them in
// other texts, and masks them.
//
// Which texts are personal is not known here: the attributes know it, and say so
// by the field that a text stands in.
package personal

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Text is a personal text and the field that holds it, such as the e-mail
// address of a contact.
type Text struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

// Map returns what stands for a personal text of a field.
type Map func(field, text string) string

// Email is the field of an e-mail address that stands in a text of any kind.
const Email = "email"

// addresses finds e-mail addresses. IDs of changes have them between "/" and "#".
var addresses = regexp.MustCompile(`[^\s@"'<>(),;:/#]+@[^\s@"'<>(),;:/#]+[^\s@"'<>(),;:/#.]`)

// shortest is the least bytes of a text that is looked for in others: a shorter
// one is found where nobody meant it.
const shortest = 4

// A Finder finds known personal texts, and e-mail addresses known or not, in texts
// such as a message of the service. Its zero value knows none.
type Finder struct {
	known map[Text]bool
	// starts holds the texts by their first bytes, the longest first.
	starts map[string][]Text
}

// Add makes a text known. One that is too short to be told from an ordinary word
// is not looked for.
func (f *Finder) Add(field, text string) {
	t := Text{field, text}
	if len(text) < shortest || f.known[t] {
		return
	}
	if f.known == nil {
		f.known, f.starts = make(map[Text]bool), make(map[string][]Text)
	}
	f.known[t] = true
	start := text[:shortest]
	at, _ := slices.BinarySearchFunc(f.starts[start], t, func(a, b Text) int { return len(b.Text) - len(a.Text) })
	f.starts[start] = slices.Insert(f.starts[start], at, t)
}

// Replace returns a text with others in place of the personal texts in it. They
// are found as whole words.
func (f *Finder) Replace(s string, with Map) string {
	if len(f.known) == 0 {
		return ReplaceEmails(s, with)
	}
	var b strings.Builder
	rest := 0 // where what was not written yet begins
	for i := 0; i+shortest <= len(s); {
		if t := f.at(s, i); t != nil {
			b.WriteString(ReplaceEmails(s[rest:i], with) + with(t.Field, t.Text))
			i += len(t.Text)
			rest = i
			continue
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return b.String() + ReplaceEmails(s[rest:], with)
}

// at returns the longest known text that stands at a place as a whole word, nil
// for none.
func (f *Finder) at(s string, i int) *Text {
	all := f.starts[s[i:i+shortest]]
	for k := range all {
		if t := &all[k]; strings.HasPrefix(s[i:], t.Text) && !goesOn(s[:i], lastRune) && !goesOn(s[i+len(t.Text):], firstRune) {
			return t
		}
	}
	return nil
}

func firstRune(s string) (rune, string) {
	r, size := utf8.DecodeRuneInString(s)
	return r, s[size:]
}

func lastRune(s string) (rune, string) {
	r, size := utf8.DecodeLastRuneInString(s)
	return r, s[:len(s)-size]
}

// goesOn reports whether a word goes on where a text is next to it: with a letter
// or digit, or with one behind a sign that joins the parts of names and addresses.
func goesOn(s string, next func(string) (rune, string)) bool {
	r, rest := next(s)
	if strings.ContainsRune(".-@", r) {
		r, _ = next(rest)
	}
	return joins(r)
}

// joins reports whether a character is a part of a word. Scripts without blanks
// between words have no edges to look at.
func joins(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && r < 0x2E80
}

// ReplaceEmails returns a text with others in place of the e-mail addresses in it.
func ReplaceEmails(s string, with Map) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return addresses.ReplaceAllStringFunc(s, func(address string) string { return with(Email, address) })
}
