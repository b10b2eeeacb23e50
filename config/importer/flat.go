package importer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// The files of a flat portfolio: a table with a row for each name, and the block that
// reads it.
const (
	flatTable = "names.csv"
	flatFile  = "names.hcl"
	flatLabel = "names"
)

// A cellKind is how the values of a column stand in its cells.
type cellKind int

const (
	cellJSON      cellKind = iota // any value
	cellSwitch                    // true or false
	cellText                      // a text that is not empty
	cellTexts                     // texts with blanks between them, one or more
	cellReference                 // what names refer to, as contact.legal
)

// A column holds what names declare of one attribute. An empty cell declares nothing.
type column struct {
	attribute *attr.Attribute
	kind      cellKind
	common    attr.Value      // what all names declare, so that there are no cells; nil: they differ
	refers    map[string]bool // what cells refer to
}

// flat returns all files of a flat portfolio.
func (w *writer) flat(names []*domain) ([]File, error) {
	files := w.files(nil, nil)
	flat, err := w.flatFiles(names)
	if err != nil {
		return nil, err
	}
	files = append(files, flat...)
	files[0].LeftOut = w.leftOut()
	return files, nil
}

// flatFiles returns the table of all names and the block that reads it.
func (w *writer) flatFiles(names []*domain) ([]File, error) {
	columns := w.columns(names)
	var table bytes.Buffer
	rows := csv.NewWriter(&table)
	header := []string{"name"}
	for _, c := range columns {
		if c.common == nil {
			header = append(header, c.attribute.Name)
		}
	}
	if err := rows.Write(header); err != nil {
		return nil, err
	}
	for _, d := range names {
		row := []string{readable(d.name)}
		for _, c := range columns {
			if c.common == nil {
				cell, err := w.cell(c, valueOf(d.values, c.attribute))
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", c.attribute.Name, readable(d.name), err)
				}
				row = append(row, cell)
			}
		}
		if err := rows.Write(row); err != nil {
			return nil, err
		}
	}
	rows.Flush()
	content := append(w.head(words.Count(len(names), "name")+" in one table, "+flatTable), hclwrite.Format(w.flatBlock(columns))...)
	return []File{{Name: flatFile, Content: content, Names: len(names)}, {Name: flatTable, Content: table.Bytes()}}, rows.Error()
}

// columns returns what the names declare, in the order of the table of attributes.
func (w *writer) columns(names []*domain) (columns []*column) {
	for _, a := range attr.OfNames() {
		var values []attr.Value
		for _, d := range names {
			if v := valueOf(d.values, a); v != nil {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		c := &column{attribute: a, kind: w.kindOf(a, values[0]), refers: make(map[string]bool)}
		if len(values) == len(names) && !slices.ContainsFunc(values, func(v attr.Value) bool { return !v.Equal(values[0]) }) {
			c.common = values[0]
		}
		if slices.ContainsFunc(values, func(v attr.Value) bool { return w.kindOf(a, v) != c.kind }) {
			c.kind = cellJSON
		}
		columns = append(columns, c)
	}
	return columns
}

// kindOf returns the plainest kind of cell that a value can have.
func (w *writer) kindOf(a *attr.Attribute, v attr.Value) cellKind {
	if w.references.of(v) != nil {
		return cellReference
	}
	switch value := a.Cty(v); {
	case value.Type() == cty.Bool:
		return cellSwitch
	case value.Type() == cty.String && strings.TrimSpace(value.AsString()) == value.AsString() && value.AsString() != "":
		return cellText
	case value.Type().Equals(cty.List(cty.String)) && value.LengthInt() > 0:
		return cellTexts
	}
	return cellJSON
}

// cell writes what a name declares.
func (w *writer) cell(c *column, v attr.Value) (string, error) {
	if v == nil {
		return "", nil
	}
	value := c.attribute.Cty(v)
	switch c.kind {
	case cellReference:
		text := w.references.of(v).String()
		c.refers[text] = true
		return text, nil
	case cellSwitch:
		return strconv.FormatBool(value.True()), nil
	case cellText:
		return value.AsString(), nil
	case cellTexts:
		var texts []string
		for it := value.ElementIterator(); it.Next(); {
			_, e := it.Element()
			texts = append(texts, e.AsString())
		}
		return strings.Join(texts, " "), nil
	}
	text, err := ctyjson.Marshal(value, value.Type())
	return string(text), err
}

// flatBlock writes the block that reads the table.
func (w *writer) flatBlock(columns []*column) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "\ndomains %q {\n", flatLabel)
	writeTemplate(&out, w.options.Template)
	fmt.Fprintf(&out, "names = csvdecode(file(%q))\n", flatTable)
	for _, c := range columns {
		if c.common != nil {
			w.writeValues(&out, []argument{{c.attribute, c.common}})
			continue
		}
		fmt.Fprintf(&out, "%s = %s\n", c.attribute.Name, c.expression())
	}
	if w.options.KeepDS {
		out.WriteString("keep_ds = true\n")
	}
	out.WriteString("}\n")
	return out.Bytes()
}

// expression is what a block says of an attribute by its column.
func (c *column) expression() string {
	cell := "each.value." + c.attribute.Name
	read := cell
	switch c.kind {
	case cellReference:
		var members []string
		for text := range c.refers {
			members = append(members, fmt.Sprintf("%q = %s", text, text))
		}
		slices.Sort(members)
		read = "{\n" + strings.Join(members, "\n") + "\n}[" + cell + "]"
	case cellTexts:
		read = `split(" ", ` + cell + ")"
	case cellJSON:
		read = "jsondecode(" + cell + ")"
	case cellSwitch, cellText:
	}
	return cell + ` == "" ? null : ` + read
}
