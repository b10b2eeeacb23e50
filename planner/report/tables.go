package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
)

// A Table is one section of a report as rows of cells, for spreadsheets.
type Table struct {
	Name    string // never renamed
	About   string // what a row is, for people
	Columns []string
	// Rows returns the rows. A cell is a text, a number, a boolean, a time, a list of texts,
	// or nil where there is nothing.
	Rows func(r *Report) [][]any
}

// Tables returns all sections as tables; the names come first.
func Tables() []Table {
	return slices.Concat(nameTables(), countTables(), differenceTables(), runTables())
}

// rows makes the rows of a table, one of each element of a list.
func rows[T any](all []T, cells func(x *T) []any) [][]any {
	made := make([][]any, len(all))
	for i := range all {
		made[i] = cells(&all[i])
	}
	return made
}

// money writes an amount so that a spreadsheet takes it for a number.
func money(a attr.Amount) string { return fmt.Sprintf("%d.%02d", a/100, a%100) }

func moneyOrNone(a *attr.Amount) any {
	if a == nil {
		return nil
	}
	return money(*a)
}

func numberOrNone(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

func timeOrNone(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// nameTables have a row for each name, or for some.
func nameTables() []Table {
	var checks []string
	for i := range protections {
		checks = append(checks, protections[i].ID)
	}
	columns := []string{"name", "ascii", "suffix", "group", "labels", "standing", "flags", "differences", "expires", "days_left", "month", "severity", "kept_by", "lapse"}
	columns = append(append(columns, checks...), "nameserver_set", "nameservers", "read_at")
	return []Table{
		{"names", "a name of the files or of the account", columns, func(r *Report) [][]any {
			return rows(r.Names, func(n *Name) []any { return n.cells(r, len(checks)) })
		}},
		{"endangered", "a name that nothing keeps", threatColumns, func(r *Report) [][]any { return rows(r.Calendar.Endangered, (*NameThreat).cells) }},
		{"threats", "another state that threatens a name", threatColumns, func(r *Report) [][]any { return rows(r.Threats, (*NameThreat).cells) }},
	}
}

func (n *Name) cells(r *Report, checks int) []any {
	cells := []any{
		n.Name, n.ASCII, n.Suffix, n.Group, n.Labels, string(n.Standing), n.Flags, n.Differences, timeOrNone(n.Expires), numberOrNone(n.DaysLeft),
		n.Month, string(n.Severity), string(n.Keeper), n.Lapse,
	}
	for i := range checks {
		if i < len(n.Protected) {
			cells = append(cells, string(n.Protected[i]))
		} else {
			cells = append(cells, nil)
		}
	}
	if n.Set == 0 {
		return append(cells, nil, nil, timeOrNone(n.ReadAt))
	}
	return append(cells, n.Set, r.Nameservers.Sets[n.Set-1].Nameservers, timeOrNone(n.ReadAt))
}

var threatColumns = []string{"name", "suffix", "group", "id", "severity", "summary", "sentence", "deadline", "days_left", "as_of"}

func (t *NameThreat) cells() []any {
	return []any{t.Name, t.Suffix, t.Group, t.ID, string(t.Severity), t.Summary, t.Sentence, timeOrNone(t.Deadline), numberOrNone(t.DaysLeft), timeOrNone(t.AsOf)}
}

// countTables have a row for each number or set.
func countTables() []Table {
	return []Table{
		{"calendar", "a suffix and a month in which names of it end, or expired, later, no_date", []string{"suffix", "month", "names", "endangered", "lapsing", "by_service", "unkept"}, calendarRows},
		{"forecast", "a month with what its renewals cost", []string{
			"month", "renewals", "amount", "unpriced", "waiting", "by_service", "amount_by_service", "unpriced_by_service", "budget", "short", "currency",
		}, func(r *Report) [][]any {
			return rows(r.Forecast.Months, func(m *ForecastMonth) []any {
				return []any{m.Month, m.Renewals, money(m.Amount), m.Unpriced, m.Waiting, m.ByService, money(m.AmountByService), m.UnpricedByService, moneyOrNone(m.Budget), money(m.Short), r.Forecast.Currency}
			})
		}},
		{"renewals", "a renewal that comes due", []string{"name", "suffix", "group", "due", "expires", "years", "by_service", "amount", "at_most", "currency", "premium", "waits"}, func(r *Report) [][]any {
			return rows(r.Forecast.Renewals, func(x *Renewal) []any {
				return []any{x.Name, x.Suffix, x.Group, x.Due, x.Expires, x.Years, x.ByService, moneyOrNone(x.Amount), x.AtMost, r.Forecast.Currency, x.Premium, x.Waits}
			})
		}},
		{"coverage", "a check, and how the names of a group or a suffix answer it", []string{"by", "key", "check", "names", "yes", "no", "unknown"}, coverageRows},
		{"nameserver_sets", "nameservers with how many names are delegated to them", []string{"number", "title", "nameservers", "names", "signed", "risks", "unknown_risks", "operators", "suffixes", "networks"}, setRows},
	}
}

func calendarRows(r *Report) (made [][]any) {
	for i := range r.Calendar.Rows {
		row := &r.Calendar.Rows[i]
		add := func(month string, c *Cell) {
			if c.Names > 0 {
				made = append(made, []any{row.Suffix, month, c.Names, c.Endangered, c.Lapsing, c.ByService, c.Unkept})
			}
		}
		add(Expired, &row.Expired)
		for k, month := range r.Calendar.Months {
			add(month, &row.Months[k])
		}
		add(Later, &row.Later)
		add(NoDate, &row.NoDate)
	}
	return made
}

func coverageRows(r *Report) (made [][]any) {
	add := func(by string, all []CoverageRow) {
		for i := range all {
			for k, a := range all[i].Answers {
				made = append(made, []any{by, all[i].Key, r.Coverage.Checks[k].ID, all[i].Names, a.Yes, a.No, a.Unknown})
			}
		}
	}
	add("all", []CoverageRow{r.Coverage.Total})
	add(r.By, r.Coverage.Groups)
	add("suffix", r.Coverage.Suffixes)
	return made
}

func setRows(r *Report) [][]any {
	return rows(r.Nameservers.Sets, func(s *NameserverSet) []any {
		risks := map[Answer][]string{Yes: {}, Unknown: {}}
		for i, answer := range s.Risks {
			risks[answer] = append(risks[answer], r.Nameservers.Risks[i].ID)
		}
		return []any{s.Number, s.Title, s.Nameservers, len(s.Names), s.Signed, risks[Yes], risks[Unknown], s.Operators, s.Suffixes, s.Networks}
	})
}

// differenceTables have a row for each thing that is not as the files have it.
func differenceTables() []Table {
	return []Table{
		{"drift", "a difference that somebody else has made", []string{"name", "attribute", "element", "live", "declared", "status", "since", "logged_at", "operation", "address"}, func(r *Report) [][]any {
			return rows(r.Drift, func(d *Drifted) []any {
				cells := []any{d.Name, d.Attribute, d.Element, d.Live, d.Declared, string(d.Status), timeOrNone(d.Since)}
				if d.Entry == nil {
					return append(cells, nil, nil, nil)
				}
				return append(cells, d.Entry.At, d.Entry.Operation, d.Entry.Address)
			})
		}},
		{"unmanaged", "a name of the account that no file declares", []string{"name", "suffix", "registered", "expires", "by_service", "released", "left_files"}, func(r *Report) [][]any {
			return rows(r.Unmanaged, func(u *Undeclared) []any {
				return []any{u.Name, u.Suffix, timeOrNone(u.Registered), timeOrNone(u.Expires), u.ByService, u.Released, u.LeftFiles}
			})
		}},
		{"missing", "a declared name that the account lacks", []string{"name", "suffix", "group", "source", "transfer", "seen", "registers", "lapse"}, func(r *Report) [][]any {
			return rows(r.Missing, func(m *Lacking) []any {
				return []any{m.Name, m.Suffix, m.Group, m.Source.String(), string(m.Transfer), timeOrNone(m.Seen), m.Registers, m.Lapsed}
			})
		}},
		{"holds", "a hold block or a pause", []string{"kind", "label", "names", "attributes", "until", "reason", "by", "source"}, func(r *Report) [][]any {
			return rows(r.Holds, func(h *HeldNames) []any {
				cells := []any{h.Kind, h.Label, h.Names, h.Attributes, timeOrNone(h.Until), h.Reason, h.By}
				if h.Source == nil {
					return append(cells, nil)
				}
				return append(cells, h.Source.String())
			})
		}},
		{"left", "a name that left the files or the account", []string{"name", "suffix", "from", "seen", "declared", "held", "released"}, func(r *Report) [][]any {
			return rows(r.Left, func(g *Gone) []any {
				return []any{g.Name, g.Suffix, g.From, timeOrNone(g.Seen), g.Declared, g.Held, g.Released}
			})
		}},
	}
}

// runTables tell what runs have done.
func runTables() []Table {
	return []Table{
		{"runs", "a run", []string{"id", "kind", "status", "began", "ended", "by", "exit_code", "reason", "seconds", "names", "changes", "made", "failed", "open", "link"}, func(r *Report) [][]any {
			return rows(r.Runs.Rows, func(x *RunRow) []any {
				return []any{x.ID, x.Kind, x.Status, x.Began, timeOrNone(x.Ended), x.By, numberOrNone(x.ExitCode), x.Because, x.Seconds, x.Names, x.Changes, x.Made, x.Failed, x.Open, x.Link}
			})
		}},
		{"months", "a month with what its runs did, and what was ordered in one currency", []string{
			"month", "runs", "failed_runs", "changes", "made", "failed", "open", "currency", "amount", "known", "orders", "failed_orders",
		}, monthRows},
		{"orders", "an order", []string{"at", "run", "name", "kind", "years", "amount", "known", "currency", "state", "failed"}, func(r *Report) [][]any {
			return rows(r.Runs.Orders, func(o *Order) []any {
				return []any{o.At, o.Run, o.Name, o.Kind, o.Years, money(o.Amount), o.Known, o.Currency, o.State, o.Failed}
			})
		}},
	}
}

// monthRows have a row for each currency of a month; what the runs did stands in the
// first of them alone, so that a sum counts it once.
func monthRows(r *Report) (made [][]any) {
	for i := range r.Runs.Months {
		m := &r.Runs.Months[i]
		head := []any{m.Month, m.Runs, m.FailedRuns, m.Changes, m.Made, m.Failed, m.Open}
		for _, x := range m.Money {
			made = append(made, append(head, x.Currency, money(x.Amount), x.Known, x.Orders, x.Failed))
			head = []any{m.Month, nil, nil, nil, nil, nil, nil}
		}
		if len(m.Money) == 0 {
			made = append(made, append(head, nil, nil, nil, nil, nil))
		}
	}
	return made
}
