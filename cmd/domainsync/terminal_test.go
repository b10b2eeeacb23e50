package main

import "testing"

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"bücher\n\tok":      "bücher\n\tok",
		"\x1b[2Jgone":       "\uFFFD[2Jgone",
		"name\u202egnp.com": "name\uFFFDgnp.com",
		"over\rwritten":     "over\uFFFDwritten",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) = %q, want %q", text, got, want)
		}
	}
}
