package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
)

type fact struct {
	name  string
	n     int
	ok    bool
	at    time.Time
	hosts []string
}

var factColumns = []column[fact]{
	{"name", func(f *fact) any { return f.name }},
	{"count", func(f *fact) any { return f.n }},
	{"is_ok", func(f *fact) any { return f.ok }},
	{"at", func(f *fact) any { return f.at }},
	{"hosts", func(f *fact) any { return f.hosts }},
}

func factRows(err error, rows ...fact) iter.Seq2[fact, error] {
	return func(yield func(fact, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(fact{}, err)
		}
	}
}

func TestListingForms(t *testing.T) {
	t.Parallel()
	evil := fact{name: "a\x1b[31m\tb\n\"c\u202e\u009b", hosts: []string{"ns1.example.net", "ns2.example.net"}}
	good := fact{name: "example.com", n: 1000, ok: true, at: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	for format, want := range map[string][]string{
		"":    {"NAME\tCOUNT\tIS_OK\tAT\tHOSTS", "example.com\t1000\tyes\t2026-01-31 12:00:00Z\t-", `a\u{1B}[31m\tb\n"c\u{202E}\u{9B}` + "\t0\tno\t-\tns1.example.net ns2.example.net"},
		"tsv": {"NAME\tCOUNT\tIS_OK\tAT\tHOSTS"},
		"csv": {"name,count,is_ok,at,hosts", "example.com,1000,true,2026-01-31T12:00:00Z,", `"a\u{1B}[31m\tb\n""c\u{202E}\u{9B}",0,false,,ns1.example.net ns2.example.net`},
		"json": {
			`{"name": "example.com", "count": 1000, "is_ok": true, "at": "2026-01-31T12:00:00Z", "hosts": null}`,
			`{"name": "a\u001b[31m\tb\n\"c\u202e\u009b", "count": 0, "is_ok": false, "at": null, "hosts": ["ns1.example.net","ns2.example.net"]}`,
		},
		"table": {"  COUNT  IS OK  AT  ", " example.com  ", "  1000   yes    2026-01-31 12:00:00Z  - "},
	} {
		var out bytes.Buffer
		if err := list(&app{stdout: newOutput(new(hold).over(&out))}, format, factColumns, factRows(nil, good, evil)); err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%q: no %q in\n%s", format, line, out.String())
			}
		}
		if strings.ContainsAny(out.String(), "\x1b\u202e\u009b") {
			t.Errorf("%q drives the terminal: %q", format, out.String())
		}
	}
}

func TestListingsAreReadByPrograms(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		rows := make([]fact, n)
		var out bytes.Buffer
		if err := list(&app{stdout: newOutput(new(hold).over(&out))}, asJSON, factColumns, factRows(nil, rows...)); err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != n {
			t.Errorf("%d rows: %v in\n%s", n, err, out.String())
		}
		out.Reset()
		if err := list(&app{stdout: newOutput(new(hold).over(&out))}, asCSV, factColumns, factRows(nil, rows...)); err != nil {
			t.Fatal(err)
		}
		if lines, err := csv.NewReader(&out).ReadAll(); err != nil || len(lines) != n+1 {
			t.Errorf("%d rows: %v, %v", n, lines, err)
		}
	}
}

// TestListingKeepsWhatCameBeforeAnError also closes the list.
func TestListingKeepsWhatCameBeforeAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var out bytes.Buffer
	if err := list(&app{stdout: newOutput(new(hold).over(&out))}, asJSON, factColumns, factRows(broken, fact{name: "example.com"})); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if !json.Valid(out.Bytes()) || !strings.Contains(out.String(), "example.com") {
		t.Errorf("%s", out.String())
	}
	if err := list(&app{stdout: newOutput(new(hold).over(&out))}, "xml", factColumns, factRows(nil)); err == nil {
		t.Error("a form that does not exist was taken")
	}
}

// TestTableFits wraps texts between words, and cuts nothing.
func TestTableFits(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 20, 40, 60, 200} {
		var out strings.Builder
		f := &tableForm{names: []string{"domain", "message_of_it"}, out: &out, width: width}
		for _, row := range [][]any{{"a-long-name.example.com", "all went well with this one"}, {"example.com", "no"}} {
			if err := f.row(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.foot(); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"a-long-name.example.com", "went", "MESSAGE", "example.com"} {
			if !strings.Contains(out.String(), word) {
				t.Errorf("%d columns: no %s in\n%s", width, word, out.String())
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := len(strings.TrimRight(line, "\n")); width >= 40 && n > width {
				t.Errorf("%d columns: a line has %d: %q", width, n, line)
			}
		}
	}
}
