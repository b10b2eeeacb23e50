package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/textfile"
)

// domainField is what a mapping calls the column of the names.
const domainField = "domain"

// A ContactTable is a table in which each row says who stands behind a name.
type ContactTable struct {
	file      string            // for messages
	attribute *attr.Attribute   // of the contacts
	columns   map[string]string // by field: the heading of the column that has it
}

// NewContactTable reads a mapping, each part of the form field=heading, of the
// contacts that an attribute has for values: one with columns.
func NewContactTable(file string, attribute *attr.Attribute, mapping []string) (*ContactTable, error) {
	t := &ContactTable{file: file, attribute: attribute, columns: make(map[string]string)}
	fields := attribute.Columns
	for _, m := range mapping {
		field, heading, ok := strings.Cut(m, "=")
		if !ok || field != domainField && !slices.Contains(fields, field) {
			return nil, fmt.Errorf("--map %s: write field=column, where the field is %s, %s", m, domainField, strings.Join(fields, ", "))
		}
		if before, twice := t.columns[field]; twice {
			return nil, fmt.Errorf("--map %s: %s is taken from the column %q already", m, field, before)
		}
		t.columns[field] = strings.TrimSpace(heading)
	}
	if t.columns[domainField] == "" {
		return nil, fmt.Errorf("--map: say which column of %s has the names, as in --map %s=Name", file, domainField)
	}
	if len(t.columns) == 1 {
		return nil, errors.New("--map: say which columns have the fields of contacts, as in --map organization=Owner")
	}
	return t, nil
}

// Read reads the text of a table. Fields are separated by commas, semicolons,
// tabs or bars, whichever gives the columns of the mapping. What is wrong with
// the table as a whole is an error; a row that cannot be used is left out and
// told.
func (t *ContactTable) Read(data []byte) (*Contacts, error) {
	text, err := textfile.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.file, err)
	}
	text = textfile.UnixLines(text)
	r, first, err := t.open(string(text))
	if err != nil {
		return nil, err
	}
	at, err := t.columnIndexes(r.header)
	if err != nil {
		return nil, err
	}
	contacts := &Contacts{file: t.file, rows: make(map[string][]contactRow)}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			contacts.finish()
			return contacts, nil
		}
		if err != nil {
			return nil, t.explain(err, first)
		}
		line, _ := r.FieldPos(0)
		contacts.add(t.row(row, r, at, line+first))
	}
}

// A tableReader reads the rows under a header.
type tableReader struct {
	*csv.Reader
	header []string
}

// separators are what may stand between fields, in words.
var separators = map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}

// sepLine is a first line by which spreadsheets tell each other the separator.
var sepLine = regexp.MustCompile(`(?i)\Asep=(.)\n`)

// open reads the header. It returns how many lines were before it.
func (t *ContactTable) open(text string) (r *tableReader, first int, err error) {
	candidates := []rune{',', ';', '\t', '|'}
	if m := sepLine.FindStringSubmatch(text); m != nil && separators[rune(m[1][0])] != "" {
		text, first, candidates = text[len(m[0]):], 1, []rune{rune(m[1][0])}
	}
	var best *tableReader
	for _, separator := range candidates {
		next := &tableReader{Reader: csv.NewReader(strings.NewReader(text))}
		next.Comma, next.FieldsPerRecord = separator, -1
		header, readErr := next.Read()
		if errors.Is(readErr, io.EOF) {
			return nil, 0, fmt.Errorf("%s is empty: its first line names the columns", t.file)
		}
		if readErr != nil {
			err = t.explain(readErr, first)
			continue
		}
		for _, heading := range header {
			next.header = append(next.header, strings.TrimSpace(heading))
		}
		if best == nil || t.matchingColumns(next.header) > t.matchingColumns(best.header) || t.matchingColumns(best.header) == 0 && len(header) > len(best.header) {
			best = next
		}
	}
	if best == nil {
		return nil, 0, err
	}
	return best, first, nil
}

// matchingColumns counts the columns of the mapping that a header has.
func (t *ContactTable) matchingColumns(header []string) (n int) {
	for _, heading := range t.columns {
		if slices.Contains(header, heading) {
			n++
		}
	}
	return n
}

// columnIndexes returns in which column each field stands.
func (t *ContactTable) columnIndexes(header []string) (map[string]int, error) {
	at := make(map[string]int)
	for _, field := range append([]string{domainField}, t.attribute.Columns...) {
		heading, mapped := t.columns[field]
		if !mapped {
			continue
		}
		i := slices.Index(header, heading)
		if i < 0 {
			return nil, fmt.Errorf("%s has no column %q; there are %s", t.file, heading, strings.Join(header, ", "))
		}
		if again := slices.Index(header[i+1:], heading); again >= 0 {
			return nil, fmt.Errorf("%s has two columns %q, number %d and number %d: give one of them another heading", t.file, heading, i+1, i+again+2)
		}
		at[field] = i
	}
	return at, nil
}

// explain says where a table is wrong as a whole.
func (t *ContactTable) explain(err error, first int) error {
	wrong, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	what := wrong.Err.Error()
	switch {
	case errors.Is(wrong.Err, csv.ErrQuote):
		what = "a quotation mark is missing, or one inside of a field is not doubled"
	case errors.Is(wrong.Err, csv.ErrBareQuote):
		what = "a quotation mark stands in a field that does not begin with one: quote the field, and double the mark"
	}
	return fmt.Errorf("%s:%d: %s. The row began in line %d; nobody can tell where the rows after it begin", t.file, wrong.Line+first, what, wrong.StartLine+first)
}
