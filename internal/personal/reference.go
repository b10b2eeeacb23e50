package personal

import (
	"regexp"
	"strings"
)

// references finds what [Reference] returns.
var references = regexp.MustCompile(`person:([0-9a-f]{32})\.([a-z_]+)`)

// Reference returns what stands for a personal text of a person who is kept
// elsewhere, under a hash of 32 hexadecimal digits.
func Reference(hash, field string) string { return "person:" + hash + "." + field }

// Refers reports whether something refers to persons, or seems to.
func Refers(text []byte) bool { return references.Match(text) }

// Resolve returns a text with the texts of persons in place of the references to
// them, and with words that [Forgotten] knows where of tells that there is none.
func Resolve(text []byte, of func(hash, field string) (string, bool)) []byte {
	return references.ReplaceAllFunc(text, func(reference []byte) []byte {
		part := references.FindSubmatch(reference)
		if found, ok := of(string(part[1]), string(part[2])); ok {
			return []byte(found)
		}
		return append([]byte(forgotten), part[1][:8]...)
	})
}

// forgotten begins what stands for a text that is kept nowhere any more. Eight
// digits tell two persons apart.
const forgotten = "forgotten-"

var forgottenText = regexp.MustCompile(`^` + forgotten + `[0-9a-f]{8}$`)

// Forgotten reports whether a text stands for one that was forgotten.
func Forgotten(text string) bool {
	return strings.HasPrefix(text, forgotten) && forgottenText.MatchString(text)
}
