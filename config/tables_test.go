package config_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config"
)

// encodings write a text as programs do.
var encodings = map[string]func(string) []byte{
	"UTF-8":             func(s string) []byte { return []byte(s) },
	"UTF-8 with a mark": func(s string) []byte { return []byte("\ufeff" + s) },
	"UTF-16LE":          func(s string) []byte { return units(s, binary.LittleEndian) },
	"UTF-16BE":          func(s string) []byte { return units(s, binary.BigEndian) },
}

func units(s string, order binary.AppendByteOrder) (out []byte) {
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// TestTableOfEveryForm loads one table in each form that spreadsheets write it.
func TestTableOfEveryForm(t *testing.T) {
	t.Parallel()
	const main = "domains \"all\" {\n  names = csvdecode(file(\"t.csv\"))\n  nameservers = [for n in [1, 2] : \"ns${n}.${each.value.provider}.example\"]\n  transfer_lock = each.value.lock\n}\n"
	lines := []string{"name,provider,lock", "b\u00fccher.com,\"no\"\"rth\",TRUE", "example.net,south,FALSE", "example.org,south,True"}
	lines[1] = strings.ReplaceAll(lines[1], `no""rth`, "north")
	var want []string
	for encoding, encode := range encodings {
		for _, separator := range []string{",", ";", "\t"} {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				for _, trailing := range []string{"", separator, separator + separator} {
					for _, last := range []string{"", end, end + end} {
						text := strings.ReplaceAll(strings.Join(lines, ",,"+end), ",,"+end, trailing+end) + trailing + last
						text = strings.ReplaceAll(text, ",", separator)
						if last != "" { // in some of the forms
							text = "sep=" + separator + end + text
						}
						p, diags := config.LoadFS(fstest.MapFS{
							"main.hcl": {Data: encode(strings.ReplaceAll(main, "\n", end))}, "t.csv": {Data: encode(text)},
						}, config.Options{})
						if p == nil {
							t.Errorf("%s %q: %v", encoding, text, diags)
							continue
						}
						if want == nil {
							want = meaning(p)
						}
						if diff := cmp.Diff(want, meaning(p)); diff != "" || len(want) != 3 {
							t.Errorf("%s %q: %s", encoding, text, diff)
						}
					}
				}
			}
		}
	}
}

// TestMistakeInTableHasItsRow puts a mistake into each row of a table, and wants
// its line and column.
func TestMistakeInTableHasItsRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ names, cell, column string }{
		{"csvdecode(file(\"t.csv\"))", "exa mple.com,north", "name"},
		{"csvdecode(file(\"t.csv\"))", ",north", "name"},
		{"[for r in csvdecode(file(\"t.csv\")) : r if r.provider != \"none\"]", "x.com,no rth", "provider"},
		{"csvdecode(file(\"t.csv\"))", "x.com,no rth", "provider"},
	} {
		for row := range 5 {
			lines := []string{"name,provider"}
			for i := range 5 {
				lines = append(lines, fmt.Sprintf("name-%d.com,\"%s\"", i, []string{"north", "south", "none"}[i%3]))
			}
			lines[row+1] = c.cell
			main := "domains \"all\" {\n  names = " + c.names + "\n  nameservers = [for n in [1, 2] : \"ns${n}.${each.value.provider}.example\"]\n}\n"
			_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(main)}, "t.csv": {Data: []byte(strings.Join(lines, "\n"))}}, config.Options{})
			if want := fmt.Sprintf("(t.csv:%d, column %s): ", row+2, c.column); !strings.Contains(diags.String(), want) {
				t.Errorf("%s in row %d: %v, want %q", c.cell, row, diags, want)
			}
		}
	}
}

// TestMistakeNamesEachNameOnce gives names values with several mistakes each.
func TestMistakeNamesEachNameOnce(t *testing.T) {
	t.Parallel()
	for names := 1; names <= 30; names++ {
		for _, host := range []string{`${each.name == "" ? 1 : "x y"}`, "${each.name} y"} { // one text for all, or one for each name
			var list []string
			for i := range names {
				list = append(list, fmt.Sprintf("%q", fmt.Sprintf("n%02d.com", i)))
			}
			main := fmt.Sprintf("domains \"all\" {\n  names = [%s]\n  nameservers = [for n in [1, 2, 3] : \"%s\"]\n}\n", strings.Join(list, ", "), host)
			_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(main)}}, config.Options{})
			told, more := 0, 0
			for line := range strings.Lines(diags.Diagnostics[0].Detail) {
				who, _, _ := strings.Cut(line, ": ")
				told += strings.Count(who, ".com")
				if _, rest, ok := strings.Cut(who, " and "); ok {
					fmt.Sscanf(rest, "%d more", &more) //nolint:errcheck // 0 where there are none
				}
			}
			if told+more != names || len(diags.Diagnostics) != 1 {
				t.Errorf("%d names, %q: %d told and %d more in %v", names, host, told, more, diags)
			}
		}
	}
}
