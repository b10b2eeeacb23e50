package page

import (
	"strings"
	"time"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// holdLists is how many holds have a list of their names.
const holdLists = 100

// orNone returns a section of one table, with a sentence where it has no rows.
func orNone(s *section, t *table, none string) (*section, error) {
	s.Short = words.Count(t.Total, t.Thing)
	if t.Total == 0 {
		s.Short, s.Tone = none, webpage.Calm
	}
	s.Tables = []*table{t}
	return s, nil
}

func yesNo(is bool) cell {
	if is {
		return cell{Text: "yes"}
	}
	return cell{Text: "no"}
}

// drift tells what somebody else has changed, and who that was.
func (p *page) drift() (*section, error) {
	t := &table{
		ID: "drifted", Title: "What somebody else has changed", Thing: "difference", Total: len(p.Drift),
		Columns: columnsOf("Name", "Attribute", "Live", "Declared", "Changed at", "By operation", "From", "What becomes of it", "Known otherwise until"),
		Row: func(i int) row {
			d := &p.Drift[i]
			attribute := d.Attribute
			if d.Element != "" {
				attribute += " " + d.Element
			}
			r := row{Cells: []cell{
				outside(d.Name), outside(attribute), long(d.Live), long(d.Declared), {}, {}, {}, text(string(d.Status)), text(moment(d.Since)),
			}}
			if e := d.Entry; e != nil {
				r.Cells[4], r.Cells[5], r.Cells[6] = text(between(e.At, e.Latest)), outside(e.Operation), outside(e.Address)
			}
			return r
		},
	}
	return orNone(newSection("drift", "Drift", webpage.Minded, len(p.Drift)), t, "nobody else has changed anything that the files declare")
}

// between writes a time of which two readings may be known.
func between(at, latest time.Time) string {
	if latest.IsZero() || latest.Equal(at) {
		return moment(at)
	}
	return moment(at) + " to " + moment(latest)
}

// unmanaged lists the names of the account that no file declares.
func (p *page) unmanaged() (*section, error) {
	t := &table{
		ID: "undeclared", Title: "In the account, in no file", Thing: "name", Total: len(p.Unmanaged),
		Columns: columnsOf("Name", "Registered", "Expires", "The service renews it", "Left the files", "Released because"),
		Row: func(i int) row {
			u := &p.Unmanaged[i]
			return row{Cells: []cell{outside(u.Name), text(day(u.Registered)), text(day(u.Expires)), yesNo(u.ByService), yesNo(u.LeftFiles), long(u.Released)}}
		},
	}
	return orNone(newSection("unmanaged", "Unmanaged", webpage.Minded, len(p.Unmanaged)), t, "every name of the account is in a file")
}

// missing lists the declared names that the account lacks.
func (p *page) missing() (*section, error) {
	t := &table{
		ID: "lacking", Title: "Declared, and not in the account", Thing: "name", Total: len(p.Missing),
		Columns: columnsOf("Name", "Declared at", "Group", "Last seen", "Transfer", "The files order it", "Ends because"),
		Row: func(i int) row {
			m := &p.Missing[i]
			return row{Cells: []cell{
				outside(m.Name), outside(m.Source.String()), outside(m.Group), text(day(m.Seen)), outside(string(m.Transfer)), yesNo(m.Registers), long(m.Lapsed),
			}}
		},
	}
	return orNone(newSection("missing", "Missing", webpage.Minded, len(p.Missing)), t, "the account has every name that the files declare")
}

// holds lists what hold blocks and pauses keep as it is.
func (p *page) holds() (*section, error) {
	s := newSection("holds", "Holds", toneIf(len(p.endingHolds()) > 0, webpage.Minded), len(p.Holds))
	numbers := make([]cell, min(len(p.Holds), holdLists))
	for i := range numbers {
		h := &p.Holds[i]
		numbers[i] = s.Lists.add(len(h.Names), words.Capitalize(holdTitle(h)), "", len(h.Names), func(i int) string { return inert.Text(h.Names[i]) })
	}
	t := &table{
		ID: "held", Title: "What stays as it is", Thing: "hold", Total: len(p.Holds),
		Columns: columnsOf("Hold", "Reason", "Until", "#Names", "Attributes", "By", "Declared at"),
		Row: func(i int) row {
			h := &p.Holds[i]
			names, attributes, until, source := number(len(h.Names)), "all", "for good", ""
			if i < len(numbers) {
				names = numbers[i]
			} else {
				names.To, names.Find = "names", "flag:held"
			}
			if len(h.Attributes) > 0 {
				attributes = strings.Join(h.Attributes, ", ")
			}
			if !h.Until.IsZero() {
				until = moment(h.Until)
			}
			if h.Source != nil {
				source = h.Source.String()
			}
			return row{Cells: []cell{outside(holdTitle(h)), long(h.Reason), text(until), names, outside(attributes), outside(h.By), outside(source)}}
		},
	}
	return orNone(s, t, "nothing is held")
}

func holdTitle(h *report.HeldNames) string {
	return strings.TrimSpace(h.Kind + " " + inert.Text(h.Label))
}

// left lists the names that left the account, or the files.
func (p *page) left() (*section, error) {
	t := &table{
		ID: "gone", Title: "What left the account or the files", Thing: "name", Total: len(p.Left),
		Columns: columnsOf("Name", "Left", "Last seen", "Declared", "In the account", "Released because"),
		Row: func(i int) row {
			g := &p.Left[i]
			return row{Cells: []cell{outside(g.Name), text("the " + g.From), text(day(g.Seen)), yesNo(g.Declared), yesNo(g.Held), long(g.Released)}}
		},
	}
	tone := webpage.Minded
	if p.Totals.LeftAccount > 0 {
		tone = webpage.Alarm
	}
	return orNone(newSection("left", "Left", tone, len(p.Left)), t, "no name left that anybody remembers")
}
