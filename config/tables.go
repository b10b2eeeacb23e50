package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/domainsync/domainsync/internal/textfile"
	"github.com/domainsync/domainsync/internal/words"
)

// csvFunc reads a table: the first line names the columns.
func csvFunc(f *files) function.Function {
	param := function.Parameter{Name: "text", Type: cty.String}
	return dynamicFunc("Reads a table into a list of objects; the first line names the columns.", func(args []cty.Value) (cty.Value, error) {
		text := args[0].AsString()
		t := table{file: f.nameOf(text), text: plainTable(text)}
		rows, err := t.read()
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		if f != nil {
			f.tables = append(f.tables, t)
		}
		return rows, nil
	}, param)
}

// table is a table that was read, as far as mistakes in it need that: to tell
// in which line of which file a row stands.
type table struct {
	file string    // "": the text comes from an expression
	text string    // as plainTable returns it
	rows []uintptr // the identity of each row
	// lines are those of the rows; nil before the first mistake.
	lines []int32
}

// plainTable returns the text of a table without a byte order mark, with the
// line ends of Unix.
func plainTable(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.Contains(text, "\r") {
		return string(textfile.UnixLines([]byte(text)))
	}
	return text
}

// separatorLine is a first line by which spreadsheets tell each other the
// separator.
var separatorLine = regexp.MustCompile(`(?i)\Asep=([,;\t])\n`)

// reader returns a reader of the table's lines. Commas separate the fields;
// where the first line has none, semicolons or tabs do, as spreadsheets write
// them in some languages.
func (t *table) reader() *csv.Reader {
	text, stated := t.text, rune(0)
	if m := separatorLine.FindStringSubmatch(text); m != nil {
		text, stated = text[len(m[0])-1:], rune(m[1][0]) // the empty line that stays is passed over, and counted
	}
	r := csv.NewReader(strings.NewReader(text))
	header, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	if stated != 0 {
		r.Comma, header = stated, ""
	}
	for _, separator := range ",;\t" {
		if strings.ContainsRune(header, separator) {
			r.Comma = separator
			break
		}
	}
	r.FieldsPerRecord = -1
	return r
}

// read returns the rows and keeps their identities.
func (t *table) read() (cty.Value, error) {
	r := t.reader()
	header, err := r.Read()
	if err != nil {
		return cty.NilVal, t.explain(err)
	}
	columns, err := t.columns(r, header)
	if err != nil {
		return cty.NilVal, err
	}
	r.ReuseRecord = true
	var rows []cty.Value
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cty.NilVal, t.explain(err)
		}
		row, err := t.row(r, header[:len(columns)], record)
		if err != nil {
			return cty.NilVal, err
		}
		rows, t.rows = append(rows, row), append(t.rows, identity(row))
	}
	if len(rows) == 0 {
		return cty.ListValEmpty(cty.Object(columns)), nil
	}
	return cty.ListVal(rows), nil
}

// columns checks the names of the columns. Lines that all end in separators
// have columns without a name in the end: the first of them is one like others,
// as in other programs that read HCL; more of them must be empty.
func (t *table) columns(r *csv.Reader, header []string) (map[string]cty.Type, error) {
	named := len(header)
	for named > 1 && header[named-1] == "" {
		named--
	}
	columns := make(map[string]cty.Type, named+1)
	for i, name := range header[:min(named+1, len(header))] {
		if _, twice := columns[name]; twice || name == "" && i < named {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s: each column needs a name of its own; the line has %q %s", t.place(line, i+1), name, occurrence(twice))
		}
		columns[name] = cty.String
	}
	return columns, nil
}

func occurrence(twice bool) string {
	if twice {
		return "twice"
	}
	return "as one"
}

// row returns one row. It may lack the empty fields, or have more of them, that
// separators at the end of a line make.
func (t *table) row(r *csv.Reader, columns, record []string) (cty.Value, error) {
	filled, named := len(record), len(columns)
	for filled > 0 && record[filled-1] == "" {
		filled--
	}
	if columns[named-1] == "" {
		named--
	}
	if filled > len(columns) || len(record) < named {
		line, _ := r.FieldPos(0)
		return cty.NilVal, fmt.Errorf("%s: the line has %s, the first line of the table %d, separated by %s",
			t.place(line, 0), words.Count(len(record), "field"), named, separators[r.Comma])
	}
	row := make(map[string]cty.Value, len(columns))
	for i, name := range columns {
		row[name] = cty.StringVal("")
		if i < len(record) {
			row[name] = cty.StringVal(record[i])
		}
	}
	return cty.ObjectVal(row), nil
}

var separators = map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs"}

// place writes a place in the table for people; column 0 is none.
func (t *table) place(line, column int) string {
	at := fmt.Sprintf("line %d of the table", line)
	if t.file != "" {
		at = fmt.Sprintf("%s:%d", t.file, line)
	}
	if column > 0 {
		at += fmt.Sprintf(", column %d", column)
	}
	return at
}

// explain says where a table is wrong.
func (t *table) explain(err error) error {
	pe := (*csv.ParseError)(nil)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the text is empty: its first line must name the columns")
	case !errors.As(err, &pe):
		return err
	case errors.Is(pe.Err, csv.ErrQuote):
		return fmt.Errorf("%s: a quotation mark is missing, or one inside of a field is not doubled", t.place(pe.Line, pe.Column))
	case errors.Is(pe.Err, csv.ErrBareQuote):
		return fmt.Errorf("%s: a quotation mark in a field that does not begin with one; quote the field and double the mark", t.place(pe.Line, pe.Column))
	}
	return fmt.Errorf("%s: %w", t.place(pe.Line, 0), pe.Err)
}

// line returns the line of a row by its number.
func (t *table) line(row int) int {
	if t.lines == nil {
		t.lines = make([]int32, 0, len(t.rows))
		r := t.reader()
		r.ReuseRecord = true
		r.Read() //nolint:errcheck // the header; all of it was read before
		for range t.rows {
			line := 0
			if _, err := r.Read(); err == nil {
				line, _ = r.FieldPos(0)
			}
			t.lines = append(t.lines, int32(line))
		}
	}
	return int(t.lines[row])
}

// rowPlace tells where a row of a table stands, "" where a value is none.
func (f *files) rowPlace(row cty.Value) string {
	id := identity(row)
	for i := range f.tables {
		t := &f.tables[i]
		if at := slices.Index(t.rows, id); id != 0 && at >= 0 {
			return t.place(t.line(at), 0)
		}
	}
	return ""
}

// tableOf returns the table whose rows are the elements of a value, in their
// order; nil where there is none.
func (f *files) tableOf(v cty.Value) *table {
	if !v.Type().IsListType() && !v.Type().IsTupleType() {
		return nil
	}
	first := identity(v.Index(cty.Zero))
	for i := range f.tables {
		if t := &f.tables[i]; first != 0 && len(t.rows) == v.LengthInt() && t.rows[0] == first {
			return t
		}
	}
	return nil
}

// nameOf returns the file that holds a text, "" where none does.
func (f *files) nameOf(text string) string {
	if f == nil {
		return ""
	}
	for _, name := range sortedKeys(f.read) {
		if f.read[name].AsString() == text {
			return name
		}
	}
	return ""
}
