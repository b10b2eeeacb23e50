package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
)

// The forms of a listing. Without a choice it is a table on a terminal, and
// plain text with tabs elsewhere.
const (
	asTable = "table"
	asTabs  = "tsv"
	asCSV   = "csv"
	asJSON  = "json"
)

// listForms are these forms.
func listForms() []string { return []string{asTable, asTabs, asCSV, asJSON} }

// addFormat adds the flag for the form of a listing.
func addFormat(cmd *cobra.Command, format *string) {
	forms := listForms()
	cmd.Flags().StringVar(format, "format", "", "`form` of the output: "+strings.Join(forms, ", ")+" (default table on a terminal, else tsv)")
	takesOneOf(cmd, "format", forms...)
}

// column is one column of a listing. Its name is the key in JSON as well; a
// value is a string, a number, a boolean, a time or a list of strings.
type column[T any] struct {
	name  string
	value func(*T) any
}

// valueUnlessLacking returns the value of a member of an answer, nil where the
// answer does not tell it: its zero value is no fact then.
func valueUnlessLacking(lacks wire.Lacks, member string, value any) any {
	if lacks.Has(member) {
		return nil
	}
	return value
}

// list prints rows in the form that was asked for. Rows that came before an
// error are printed.
func list[T any](a *app, format string, columns []column[T], rows iter.Seq2[T, error]) error {
	l, err := newListing(a, format, columns)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return l.end(err)
		}
		if err := l.add(&row); err != nil {
			return err
		}
	}
	return l.end(nil)
}

// listing is a list on its way to standard output.
type listing[T any] struct {
	columns []column[T]
	form    form
	out     *bufio.Writer
}

func newListing[T any](a *app, format string, columns []column[T]) (*listing[T], error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	out := bufio.NewWriter(a.stdout)
	form, err := a.form(format, names, out)
	if err != nil {
		return nil, err
	}
	return &listing[T]{columns, form, out}, form.head()
}

func (l *listing[T]) add(row *T) error {
	values := make([]any, len(l.columns))
	for i, c := range l.columns {
		values[i] = c.value(row)
	}
	return l.form.row(values)
}

// end writes what is left, also where the list ended with an error.
func (l *listing[T]) end(err error) error {
	if formErr := l.form.foot(); err == nil {
		err = formErr
	}
	if flushErr := l.out.Flush(); err == nil {
		err = flushErr
	}
	return err
}

// printJSON prints a value whose texts may come from outside.
func (a *app) printJSON(value any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if _, err := inert.JSON(out).Write(b.Bytes()); err != nil {
		return err
	}
	return out.Flush()
}

// form is a way to print rows.
type form interface {
	head() error
	row(values []any) error
	foot() error
}

func (a *app) form(format string, names []string, out *bufio.Writer) (form, error) {
	_, person := terminal(a.stdout)
	switch {
	case format == asTable, format == "" && person:
		return &tableForm{names: names, out: out, width: width(a.stdout)}, nil
	case format == asTabs, format == "":
		return &tabForm{names, out}, nil
	case format == asCSV:
		return &csvForm{names, csv.NewWriter(out)}, nil
	case format == asJSON:
		return &jsonForm{names: names, out: out}, nil
	}
	return nil, oneOf("--format", format, listForms()...)
}

// shown writes a value for people.
func shown(value any) string {
	switch v := value.(type) {
	case time.Time:
		return formatTime(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	if s := textOf(value); s != "" {
		return s
	}
	return "-"
}

// textOf writes a value for programs, "" for nothing.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case []string:
		return inert.Text(strings.Join(v, " "))
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return inert.Text(fmt.Sprint(value))
}

// cellOf writes a value into CSV. Text is never a formula.
func cellOf(value any) string {
	switch reflect.ValueOf(value).Kind() {
	case reflect.String, reflect.Slice:
		return inert.Cell(textOf(value))
	}
	return textOf(value)
}

// tableForm is a table with the columns of a terminal.
type tableForm struct {
	names []string
	out   io.Writer
	width int // of the terminal; 0: any
	rows  []table.Row
}

func (f *tableForm) head() error { return nil }

func (f *tableForm) row(values []any) error {
	row := make(table.Row, len(values))
	for i, v := range values {
		row[i] = shown(v)
	}
	f.rows = append(f.rows, row)
	return nil
}

func (f *tableForm) foot() error {
	header := make(table.Row, len(f.names))
	for i, name := range f.names {
		header[i] = strings.ToUpper(strings.ReplaceAll(name, "_", " "))
	}
	configs := make([]table.ColumnConfig, len(f.names))
	for i, width := range f.fit(append([]table.Row{header}, f.rows...)) {
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
	}
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	t := table.NewWriter()
	t.SetOutputMirror(f.out)
	t.SetStyle(style)
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	t.AppendRows(f.rows)
	t.Render()
	return nil
}

// fit returns the widths of the columns. Where the terminal is too narrow, the
// columns with the most room to wrap between words give way; words stay whole.
func (f *tableForm) fit(rows []table.Row) []int {
	const margins = 2 // around each column
	widths, words := make([]int, len(f.names)), make([]int, len(f.names))
	excess := -f.width
	for i := range widths {
		for _, row := range rows {
			cell := row[i].(string)
			widths[i] = max(widths[i], text.StringWidth(cell))
			for word := range strings.FieldsSeq(cell) {
				words[i] = max(words[i], text.StringWidth(word))
			}
		}
		excess += widths[i] + margins
	}
	for ; f.width > 0 && excess > 0; excess-- {
		widest := 0
		for i := range widths {
			if widths[i]-words[i] > widths[widest]-words[widest] {
				widest = i
			}
		}
		if widths[widest] == words[widest] {
			break
		}
		widths[widest]--
	}
	return widths
}

// tabForm is a line a row, its values between tabs.
type tabForm struct {
	names []string
	out   io.Writer
}

func (f *tabForm) head() error {
	_, err := fmt.Fprintln(f.out, strings.ToUpper(strings.Join(f.names, "\t")))
	return err
}

func (f *tabForm) row(values []any) error {
	_, err := fmt.Fprintln(f.out, strings.Join(texts(values, shown), "\t"))
	return err
}

func (f *tabForm) foot() error { return nil }

func texts(values []any, write func(any) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = write(v)
	}
	return all
}

// csvForm is CSV (RFC 4180) with a header.
type csvForm struct {
	names []string
	w     *csv.Writer
}

func (f *csvForm) head() error            { return f.w.Write(f.names) }
func (f *csvForm) row(values []any) error { return f.w.Write(texts(values, cellOf)) }

func (f *csvForm) foot() error {
	f.w.Flush()
	return f.w.Error()
}

// jsonForm is an array with an object for each row.
type jsonForm struct {
	names []string
	out   *bufio.Writer
	rows  int
}

func (f *jsonForm) head() error { return f.out.WriteByte('[') }

func (f *jsonForm) row(values []any) error {
	between := ",\n  {"
	if f.rows++; f.rows == 1 {
		between = "\n  {"
	}
	var b bytes.Buffer
	b.WriteString(between)
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := appendMember(&b, f.names[i], v); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	_, err := inert.JSON(f.out).Write(b.Bytes())
	return err
}

func appendMember(b *bytes.Buffer, name string, value any) error {
	if t, ok := value.(time.Time); ok && t.IsZero() {
		value = nil
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(name); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line's end
	b.WriteString(": ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	return nil
}

func (f *jsonForm) foot() error {
	end := "\n]\n"
	if f.rows == 0 {
		end = "]\n"
	}
	_, err := f.out.WriteString(end)
	return err
}

// showOne prints one row: its columns below each other for people, an object
// in JSON, a list of one otherwise.
func showOne[T any](a *app, format string, columns []column[T], row *T) error {
	if _, person := terminal(a.stdout); format == asCSV || format == asTabs || format == "" && !person {
		return list(a, format, columns, each([]T{*row}))
	}
	out := bufio.NewWriter(a.stdout)
	switch format {
	case asJSON:
		var b bytes.Buffer
		between := "{\n  "
		for _, c := range columns {
			b.WriteString(between)
			between = ",\n  "
			if err := appendMember(&b, c.name, c.value(row)); err != nil {
				return err
			}
		}
		b.WriteString("\n}\n")
		if _, err := inert.JSON(out).Write(b.Bytes()); err != nil {
			return err
		}
	case asTable, "":
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, c := range columns {
			fmt.Fprintf(w, "%s\t%s\n", strings.ReplaceAll(c.name, "_", " "), shown(c.value(row)))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	default:
		return oneOf("--format", format, listForms()...)
	}
	return out.Flush()
}
