package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestListsInAnyShape writes one list in all shapes that editors and
// spreadsheets give it.
func TestListsInAnyShape(t *testing.T) {
	t.Parallel()
	lines := []string{"# names of the launch", "one.example", "", "  Two.example\t", "\t# not this one", "bücher.example", ""}
	want := []string{"one.example", "Two.example", "bücher.example"}
	for form, encode := range map[string]func(string) string{
		"UTF-8":             func(text string) string { return text },
		"UTF-8 with a mark": func(text string) string { return "\ufeff" + text },
		"UTF-16":            func(text string) string { return utf16Text("\ufeff" + text) },
	} {
		for system, end := range map[string]string{"Unix": "\n", "Windows": "\r\n", "an old Mac": "\r"} {
			for _, last := range []string{"", end, end + end} {
				got, err := readList(strings.NewReader(encode(strings.Join(lines, end)+last)), "names.txt")
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s as on %s: %q, %v", form, system, got, err)
				}
			}
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"one.example\nb\xfccher.example\n": "names.txt: it is not text in UTF-8: line 2 has the byte 0xFC",
		"\xb1\xb1\xbe\xa9.example":         "names.txt: it is not text in UTF-8: line 1",
		"one.example\n\x00":                "names.txt: it is no text: line 2",
	} {
		if got, err := readList(strings.NewReader(text), "names.txt"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %q, %v, want %s", text, got, err, want)
		}
	}
}

func utf16Text(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}
