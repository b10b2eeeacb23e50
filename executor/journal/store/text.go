package store

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// A Text is a string of the service or of a file in the data of a record. JSON
// keeps only texts that are UTF-8; any other is kept as its bytes, so that it
// comes back as it was: "text" or {"bytes":"dGV4dA=="}.
type Text string

// notUTF8 is how JSON keeps a text that is not UTF-8.
type notUTF8 struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON returns the text as JSON.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(notUTF8{[]byte(t)})
}

// UnmarshalJSON reads what MarshalJSON returns.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var b notUTF8
		if err := json.Unmarshal(data, &b); err != nil {
			return fmt.Errorf("a text that is not UTF-8: %w", err)
		}
		*t = Text(b.Bytes)
		return nil
	}
	if last := len(data) - 1; last > 0 && data[0] == '"' && data[last] == '"' && isPlain(data[1:last]) {
		*t = Text(data[1:last])
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

// isPlain reports whether JSON writes a text as it is, as it does nearly all of them.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
