package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/planner"
)

// monthsFrom returns some months, the first of which is that of a time.
func monthsFrom(at time.Time, n int) []string {
	months := make([]string, n)
	for i := range months {
		months[i] = monthOf(planner.PeriodBegin(at).AddDate(0, i, 0))
	}
	return months
}

func monthOf(t time.Time) string { return t.UTC().Format("2006-01") }

// calendar tells when names end.
func (b *building) calendar() {
	c := &b.report.Calendar
	c.Months, c.Total.Months, c.Endangered = monthsFrom(b.ReadAt, CalendarMonths), make([]Cell, CalendarMonths), []NameThreat{}
	b.threats()
	rows := make(map[string]*CalendarRow)
	for i := range b.report.Names {
		n := &b.report.Names[i]
		if n.Standing == Missing {
			continue
		}
		n.Month = cellOf(b.ReadAt, n.Expires)
		row := rows[n.Suffix]
		if row == nil {
			row = &CalendarRow{Suffix: n.Suffix, Months: make([]Cell, CalendarMonths)}
			rows[n.Suffix] = row
		}
		row.add(n, c.Months)
		c.Total.add(n, c.Months)
	}
	c.Rows = make([]CalendarRow, 0, len(rows))
	for _, row := range rows {
		c.Rows = append(c.Rows, *row)
	}
	slices.SortFunc(c.Rows, func(x, y CalendarRow) int {
		return cmp.Or(cmp.Compare(y.Endangered, x.Endangered), cmp.Compare(y.Names, x.Names), strings.Compare(x.Suffix, y.Suffix))
	})
}

// threats tells what the plan says of names: of their ends in the calendar, of the rest
// beside it. They are sorted.
func (b *building) threats() {
	for i := range b.plan.Threats {
		t := &b.plan.Threats[i]
		n := b.name(t.Domain)
		switch {
		case n == nil:
		case t.IsEndangered():
			n.Severity = t.Severity
			b.report.Calendar.Endangered = append(b.report.Calendar.Endangered, b.threat(t, n))
		default:
			b.report.Threats = append(b.report.Threats, b.threat(t, n))
		}
	}
}

// cellOf returns the cell of the calendar in which something ends.
func cellOf(readAt, ends time.Time) string {
	switch last := planner.PeriodBegin(readAt).AddDate(0, CalendarMonths, 0); {
	case ends.IsZero():
		return NoDate
	case ends.Before(readAt):
		return Expired
	case !ends.Before(last):
		return Later
	}
	return monthOf(ends)
}

// add counts a name.
func (r *CalendarRow) add(n *Name, months []string) {
	cell := &r.NoDate
	switch n.Month {
	case NoDate:
	case Expired:
		cell = &r.Expired
	case Later:
		cell = &r.Later
	default:
		at, _ := slices.BinarySearch(months, n.Month) // they are sorted, and it is one of them
		cell = &r.Months[at]
	}
	r.Names++
	if cell.Names++; n.Severity != "" {
		r.Endangered++
		cell.Endangered++
	}
	switch n.Keeper {
	case planner.LetEnd:
		cell.Lapsing++
	case planner.KeptByService:
		cell.ByService++
	case planner.KeptByNobody:
		cell.Unkept++
	case planner.KeptByFiles:
	}
}
