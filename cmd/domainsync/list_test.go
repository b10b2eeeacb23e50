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
	for mark, prefix := range map[string]string{"": "", "with a byte order mark": "\ufeff"} {
		for system, end := range map[string]string{"Unix": "\n", "Windows": "\r\n", "an old Mac": "\r"} {
			for _, last := range []string{"", end, end + end} {
				got, err := readList(strings.NewReader(prefix+strings.Join(lines, end)+last), "names.txt")
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("as on %s %s: %q, %v", system, mark, got, err)
				}
			}
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	encode := func(order binary.AppendByteOrder, text string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	for text, want := range map[string]string{
		encode(binary.LittleEndian, "\ufeffone.example\r\n"): "names.txt is text in UTF-16: save it as UTF-8",
		encode(binary.BigEndian, "\ufeffone.example\r\n"):    "names.txt is text in UTF-16: save it as UTF-8",
		encode(binary.LittleEndian, "one.example"):           "names.txt is text in UTF-16: save it as UTF-8",
		encode(binary.BigEndian, "one.example"):              "names.txt is text in UTF-16: save it as UTF-8",
		"one.example\nb\xfccher.example\n":                   "names.txt:2: this is no UTF-8: save the list as UTF-8",
		"\xb1\xb1\xbe\xa9.example":                           "names.txt:1: this is no UTF-8: save the list as UTF-8",
	} {
		if got, err := readList(strings.NewReader(text), "names.txt"); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v, want %s", text, got, err, want)
		}
	}
}
