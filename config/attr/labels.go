package attr

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/internal/words"
)

// Labels are what the owner of a name calls it by, such as its owner or cost centre,
// as lines of key=value that are sorted by key. The service knows nothing of them.
type Labels string

// The most that labels may be. They stand in plans, reports and notices.
const (
	maxLabels         = 20
	longestLabelKey   = 63
	longestLabelValue = 256
)

// NewLabels returns labels. A key without a value is no label.
func NewLabels(byKey map[string]string) Labels {
	var lines []string
	for key, value := range byKey {
		if value != "" {
			lines = append(lines, key+"="+value)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(keyOf(a), keyOf(b)) })
	return Labels(strings.Join(lines, "\n"))
}

func keyOf(line string) string {
	key, _, _ := strings.Cut(line, "=")
	return key
}

// Map returns the labels by their keys.
func (l Labels) Map() map[string]string {
	byKey := make(map[string]string)
	for _, line := range l.Lines() {
		key, value, _ := strings.Cut(line, "=")
		byKey[key] = value
	}
	return byKey
}

// Lines returns each label as key=value, sorted by key.
func (l Labels) Lines() []string {
	return strings.FieldsFunc(string(l), func(c rune) bool { return c == '\n' })
}

// Get returns the label with a key, "" where there is none.
func (l Labels) Get(key string) string {
	for line := range strings.Lines(string(l)) {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return strings.TrimSuffix(value, "\n")
		}
	}
	return ""
}

// String writes the labels on one line: owner=web, cost_centre=4711.
func (l Labels) String() string { return strings.Join(l.Lines(), ", ") }

// MapText returns the labels with other texts in place of theirs.
func (l Labels) MapText(with func(string) string) Labels {
	if l == "" {
		return l
	}
	byKey := l.Map()
	for key, value := range byKey {
		byKey[key] = with(value)
	}
	return NewLabels(byKey)
}

// JSONShape tells that labels are texts by key in JSON.
func (Labels) JSONShape() any { return map[string]string{} }

// MarshalJSON writes the labels as an object.
func (l Labels) MarshalJSON() ([]byte, error) { return json.Marshal(l.Map()) }

// UnmarshalJSON reads an object of texts.
func (l *Labels) UnmarshalJSON(data []byte) error {
	var byKey map[string]string
	err := json.Unmarshal(data, &byKey)
	*l = NewLabels(byKey)
	return err
}

// DecodeLabels reads labels from an object of texts. Null and the empty text, as a
// table has them, are no label.
func DecodeLabels(v cty.Value) (Labels, []Problem) {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return "", []Problem{{Summary: "Wrong type", Detail: fmt.Sprintf("labels must be texts by key, such as { owner = \"web\" }, not %s.", v.Type().FriendlyName())}}
	}
	byKey, problems := make(map[string]string), []Problem(nil)
	for it := v.ElementIterator(); it.Next(); {
		k, x := it.Element()
		text, why := labelText(k.AsString(), x)
		if why != "" {
			problems = append(problems, Problem{Summary: "Invalid label", Detail: why, Path: cty.Path{cty.IndexStep{Key: k}}})
			continue
		}
		byKey[k.AsString()] = text
	}
	labels := NewLabels(byKey)
	if n := strings.Count(string(labels), "\n") + 1; n > maxLabels {
		problems = append(problems, Problem{Summary: "Too many labels", Detail: fmt.Sprintf("A name has at most %d labels; these are %s.", maxLabels, words.Number(n))})
	}
	if len(problems) > 0 {
		return "", problems
	}
	return labels, nil
}

// labelText returns the text of a label, or why it is none.
func labelText(key string, v cty.Value) (text, why string) {
	if !hclsyntax.ValidIdentifier(key) || len(key) > longestLabelKey {
		return "", fmt.Sprintf("%q is no key of a label: it begins with a letter and holds at most %d letters, digits, - and _.", words.Truncate(key, longestLabelKey), longestLabelKey)
	}
	if v.IsNull() {
		return "", ""
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", fmt.Sprintf("%s must be a text, not %s.", key, v.Type().FriendlyName())
	}
	if text = s.AsString(); utf8.RuneCountInString(text) > longestLabelValue || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", fmt.Sprintf("%s must be a text of one line with at most %d characters, all of which show.", key, longestLabelValue)
	}
	return text, ""
}
