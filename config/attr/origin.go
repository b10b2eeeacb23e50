package attr

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Origin says who calls for a change: the files, or somebody who changed the account.
type Origin string

// The origins of a change. They stand in saved plans: never rename one.
const (
	NoOrigin Origin = ""      // nobody can tell: the state has no record of it
	Edit     Origin = "edit"  // the declared value is another one than at the last apply
	Drift    Origin = "drift" // the live value is another one than this state knew, the declared one is not
)

// A LogEntry is what the service's change log tells of a drift.
type LogEntry struct {
	// At is when it was done. The log's times can be read in two ways; Latest is the
	// later one, where nothing tells which is right. Else it is zero.
	At, Latest time.Time
	Operation  string // what was done, in the service's words
	Address    string // of who did it; "": the log does not say
}

// logEntryJSON is a log entry as plans have it.
type logEntryJSON struct {
	At        time.Time `json:"at"`
	Latest    time.Time `json:"latest,omitzero"`
	Operation string    `json:"operation"`
	Address   string    `json:"address,omitempty"`
}

// MarshalJSON writes the entry as plans have it.
func (e LogEntry) MarshalJSON() ([]byte, error) { return json.Marshal(logEntryJSON(e)) }

// JSONShape tells what an entry looks like in plans.
func (LogEntry) JSONShape() any { return logEntryJSON{} }

// UnmarshalJSON reads an entry of a plan.
func (e *LogEntry) UnmarshalJSON(data []byte) error {
	var j logEntryJSON
	err := json.Unmarshal(data, &j)
	*e = LogEntry(j)
	return err
}

// InWords says who has made a drift, as far as the log tells.
func (e *LogEntry) InWords() string {
	at := e.At.UTC().Format(time.DateTime)
	if !e.Latest.IsZero() {
		at += " or " + e.Latest.UTC().Format(time.DateTime)
	}
	from := ""
	if e.Address != "" {
		from = " from " + e.Address
	}
	return "changed " + at + " UTC" + from + ": " + e.Operation
}

// InWords returns the origin as it stands behind the name of an attribute; "" where
// nobody can tell.
func (o Origin) InWords() string {
	if o == NoOrigin {
		return ""
	}
	return " (" + string(o) + ")"
}

// CanDrift reports whether others can change what a declared value is about, so that
// a change that it calls for tells of them. What is to be ordered comes due by time,
// and what changes nothing of the account cannot be changed there.
func (a *Attribute) CanDrift(v Value) bool {
	_, switches := v.(Switch)
	return !a.Inert && a.Observe != nil && (a.Hazard != Money || switches)
}

// Fingerprint returns what tells a value from all others of its attribute, with what
// it refers to; nil is a value, too. Equal values have equal fingerprints.
func Fingerprint(v Value, p Policy) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	if c, ok := v.(Referring); ok && c.ProfileLabel() != "" {
		profile, err := json.Marshal(p.Profiles[c.ProfileLabel()])
		if err != nil {
			return nil
		}
		data = append(data, profile...)
	}
	return data
}

// otherLogWords are words of entries of the change log that are about none of the
// attributes.
var otherLogWords = []string{"TRANSFER IN", "TRANSFER OUT", "TRANSFER KEY", "PASSWORD", "EMAIL", "VERIFICATION", "TEMPLATE"}

// LoggedAs says how an entry of the change log, in whose words nobody is sure of,
// goes with a change of the attribute: it is about it, or may be.
func (a *Attribute) LoggedAs(operation string) (is, mayBe bool) {
	words := strings.FieldsFunc(strings.ToUpper(operation), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	if hasWords(words, a.LogWords) && !hasWords(words, a.NotLogWords) {
		return true, true
	}
	return false, !hasWords(words, otherLogWords) && !slices.ContainsFunc(table, func(b *Attribute) bool { return hasWords(words, b.LogWords) })
}

// hasWords reports whether a text has all words of one of some phrases.
func hasWords(words, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(phrase string) bool {
		return !slices.ContainsFunc(strings.Fields(phrase), func(w string) bool { return !slices.Contains(words, w) })
	})
}
