package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/planner/report"
)

// A rowFilter says of a name whether it is wanted.
type rowFilter func(v *report.Inventory, r *report.Row) bool

// rowFilters are the filters of a listing, which are joined.
type rowFilters []rowFilter

// pass reports whether a name passes all filters.
func (all rowFilters) pass(v *report.Inventory, r *report.Row) bool {
	return !slices.ContainsFunc(all, func(f rowFilter) bool { return !f(v, r) })
}

// filters reads the filters of the flags.
func (f *listFlags) filters(columns []report.Column) (all rowFilters, err error) {
	all = append(all, f.standings()...)
	byFlag, err := flagFilter(f.flags)
	if err != nil {
		return nil, err
	}
	all = append(all, byFlag...)
	for _, end := range []struct {
		flag, text string
		wanted     func(expires, end time.Time) bool
	}{{"--expires-before", f.before, time.Time.Before}, {"--expires-after", f.after, time.Time.After}} {
		if end.text == "" {
			continue
		}
		if _, err := parseEnd(end.text, time.Time{}); err != nil {
			return nil, fmt.Errorf("%s: %w", end.flag, err)
		}
		all = append(all, func(v *report.Inventory, r *report.Row) bool {
			at, _ := parseEnd(end.text, v.ReadAt) // it was tried
			return r.Live != nil && !r.Live.Expires.IsZero() && end.wanted(r.Live.Expires, at)
		})
	}
	for _, text := range f.where {
		where, err := whereFilter(columns, text)
		if err != nil {
			return nil, err
		}
		all = append(all, where)
	}
	return all, nil
}

// standings lets the standings through that were asked for.
func (f *listFlags) standings() rowFilters {
	var wanted []report.Standing
	for standing, asked := range map[report.Standing]bool{report.Managed: f.managed, report.Unmanaged: f.unmanaged, report.Missing: f.missing} {
		if asked {
			wanted = append(wanted, standing)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return rowFilters{func(_ *report.Inventory, r *report.Row) bool { return slices.Contains(wanted, r.Standing) }}
}

// flagFilter lets names with one of some flags through.
func flagFilter(names []string) (rowFilters, error) {
	for _, name := range names {
		if err := oneOf("--flag", name, report.FlagNames()...); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return rowFilters{func(_ *report.Inventory, r *report.Row) bool {
		return slices.ContainsFunc(r.Flags.Names(), func(name string) bool { return slices.Contains(names, name) })
	}}, nil
}

// whereFilter reads a filter by the value of a column.
func whereFilter(columns []report.Column, text string) (rowFilter, error) {
	name, pattern, found := strings.Cut(text, "=")
	name, not := strings.CutSuffix(name, "!")
	if !found {
		return nil, fmt.Errorf("--where %q: write COLUMN=PATTERN or COLUMN!=PATTERN", text)
	}
	c, err := columnNamed(columns, "--where", name)
	if err != nil {
		return nil, err
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("--where %q: that is no pattern: a bracket or a backslash at its end stands for nothing; write *, ? or [a-z]", text)
	}
	return func(v *report.Inventory, r *report.Row) bool { return c.Matches(v, r, pattern) != not }, nil
}

// A rowOrder sorts names by a column.
type rowOrder struct {
	column  *report.Column // nil: by name, as they are
	reverse bool
}

// parseSort reads by which column names are sorted.
func parseSort(columns []report.Column, text string) (o rowOrder, err error) {
	name, reverse := strings.CutPrefix(text, "-")
	o.reverse = reverse
	if o.column, err = columnNamed(columns, "--sort", name); err != nil {
		return o, err
	}
	if name == "name" {
		o.column = nil
	}
	return o, nil
}

// sort sorts the rows. What is not known comes last in either direction, and equals
// are sorted by name.
func (o rowOrder) sort(v *report.Inventory) {
	switch {
	case o.column == nil && o.reverse:
		slices.Reverse(v.Rows)
		return
	case o.column == nil:
		return
	}
	type keyed struct {
		row   report.Row
		value any
	}
	rows := make([]keyed, len(v.Rows))
	for i := range v.Rows {
		rows[i] = keyed{v.Rows[i], o.column.Value(v, &v.Rows[i])}
	}
	slices.SortStableFunc(rows, func(a, b keyed) int {
		if o.reverse && a.value != nil && b.value != nil {
			return report.Compare(b.value, a.value)
		}
		return report.Compare(a.value, b.value)
	})
	for i := range rows {
		v.Rows[i] = rows[i].row
	}
}
