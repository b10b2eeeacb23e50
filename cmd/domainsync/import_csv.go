package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// domainColumn is what --map calls the column of the names.
const domainColumn = "domain"

// contactTable is a CSV file with a contact in each row.
type contactTable struct {
	file    string
	columns map[string]string // by field: the column that has it
}

// newContactTable reads the mapping, as in field=column.
func newContactTable(file string, mapping []string) (*contactTable, error) {
	t := &contactTable{file: file, columns: make(map[string]string)}
	fields, _ := attr.ContactFields()
	for _, m := range mapping {
		field, column, ok := strings.Cut(m, "=")
		if !ok || field != domainColumn && !slices.Contains(fields, field) {
			return nil, fmt.Errorf("--map %s: write field=column, where the field is %s, %s", m, domainColumn, strings.Join(fields, ", "))
		}
		t.columns[field] = column
	}
	if t.columns[domainColumn] == "" {
		return nil, fmt.Errorf("--map: say which column of %s has the names, as in --map %s=Name", file, domainColumn)
	}
	if len(t.columns) == 1 {
		return nil, errors.New("--map: say which columns have the fields of contacts, as in --map organization=Owner")
	}
	return t, nil
}

// read returns the contacts by name, and what is wrong with rows that have none.
func (t *contactTable) read() (contacts map[string]attr.Contact, wrong []error, err error) {
	f, err := os.Open(t.file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	r := csv.NewReader(f)
	r.ReuseRecord, r.FieldsPerRecord = true, -1
	head, err := r.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: its first line names the columns: %w", t.file, err)
	}
	at, err := t.places(head)
	if err != nil {
		return nil, nil, err
	}
	contacts = make(map[string]attr.Contact)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return contacts, wrong, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.file, err)
		}
		name, contact, problem := contactIn(row, at)
		switch line, _ := r.FieldPos(0); {
		case problem != nil:
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", t.file, line, problem))
		case contact != nil:
			contacts[name] = contact
		}
	}
}

// places returns in which column each field stands.
func (t *contactTable) places(head []string) (map[string]int, error) {
	head = slices.Clone(head)
	head[0] = strings.TrimPrefix(head[0], "\ufeff") // spreadsheets mark UTF-8 so
	at := make(map[string]int)
	for field, column := range t.columns {
		if at[field] = slices.Index(head, column); at[field] < 0 {
			return nil, fmt.Errorf("%s has no column %q; there are %s", t.file, column, strings.Join(head, ", "))
		}
	}
	return at, nil
}

// contactIn reads a row. A row without any field has no contact.
func contactIn(row []string, at map[string]int) (name string, contact attr.Contact, err error) {
	fields := make(map[string]cty.Value)
	for field, i := range at {
		text := ""
		if i < len(row) {
			text = strings.TrimSpace(row[i])
		}
		switch {
		case field == domainColumn:
			if name, err = wire.CanonicalName(text); err != nil {
				return "", nil, err
			}
		case text != "" && text != "(blank)": // as exports write nothing
			fields[field] = cty.StringVal(text)
		}
	}
	if len(fields) == 0 {
		return name, nil, nil
	}
	contact, problems := attr.DecodeContact(cty.ObjectVal(fields))
	if len(problems) > 0 {
		return "", nil, fmt.Errorf("%s: %s", wire.UnicodeName(name), problems[0].Detail)
	}
	return name, contact, nil
}
