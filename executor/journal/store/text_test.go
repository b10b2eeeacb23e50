package store

import (
	"encoding/json"
	"testing"
)

// TestTextsComeBack holds that any text comes back from JSON byte by byte, those that
// JSON writes as they are and those that it cannot write among them.
func TestTextsComeBack(t *testing.T) {
	t.Parallel()
	for _, text := range []Text{
		"", "a", "n1.example.com/renewal#renew", `"`, `\`, `a\`, `\"`, `{"bytes":""}`, "null", "\x00", "\n\t", "\x7f", "a\x1fb", "é", "域名",
		"\u2028", "\xff", "a\xc3", "<&>", "\U0001f600", "\ufffd",
	} {
		data, err := json.Marshal([]Text{text})
		if err != nil {
			t.Fatal(err)
		}
		var got []Text
		if err := json.Unmarshal(data, &got); err != nil || len(got) != 1 || got[0] != text {
			t.Errorf("%q came back as %q from %s (%v)", text, got, data, err)
		}
	}
}

// TestTextsAreReadAsStrings holds that a text is read from JSON as a string is, where
// others have written it in another way, or where it is damaged.
func TestTextsAreReadAsStrings(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`""`, `"a"`, `"\u0061"`, `"a\\"`, `"\""`, `"é"`, "\"\xff\"", `null`, `7`, `"`, `"a`, `a"`, `"a"b"`, "\"\x01\"", `"a\"`, ``} {
		text, want := Text("before"), "before"
		err, wantErr := text.UnmarshalJSON([]byte(data)), json.Unmarshal([]byte(data), &want)
		if string(text) != want || (err == nil) != (wantErr == nil) {
			t.Errorf("%s is read as %q (%v), want %q (%v)", data, text, err, want, wantErr)
		}
	}
}
