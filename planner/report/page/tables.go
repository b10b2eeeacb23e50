package page

import (
	"fmt"
	"iter"
	"sort"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// A cell is one place of a table. Its texts are inert.
type cell struct {
	Text    string
	Outside bool   // the text is from outside, and keeps its direction to itself
	To      string // the ID of the list behind a number; "": there is none
	Find    string // what the script finds among all names there; "": nothing
	Small   string
	More    []cell // below it
	Class   string
}

// A column is one of a table.
type column struct{ Title, Class string }

// A row is one of a table.
type row struct {
	Cells []cell
	Tone  webpage.Tone // "": as the others
}

// A table makes its rows as far as it shows them.
type table struct {
	ID, Title, About string
	Class            string
	Thing            string // what a row is, such as "name"
	Columns          []column
	Total            int // how many rows there are
	Row              func(i int) row
	fixed            bool // all rows are shown: there are few by nature
	shown            int
}

// The classes of cells and columns.
const (
	isNumber = "n"
	isZero   = "n zero"
	isLong   = "long"
)

// rowsOpen is how many rows a table has at most that is not folded.
const rowsOpen = 30

// Classes are those of the table: one whose rows are few by nature has no filter.
func (t *table) Classes() string {
	if t.fixed {
		return strings.TrimSpace("few " + t.Class)
	}
	return t.Class
}

// RowClass has the search find rows one by one, but for those that the script shows by
// itself.
func (t *table) RowClass() string {
	if t.Class == "own" {
		return "own-row"
	}
	return "scope"
}

func (t *table) Folded() bool { return t.Total > rowsOpen && !t.fixed && t.Class != "own" }

// Rows are the rows that are shown.
func (t *table) Rows() iter.Seq[row] {
	n := t.shown
	if t.fixed {
		n = t.Total
	}
	return func(yield func(row) bool) {
		for i := range n {
			if !yield(t.Row(i)) {
				return
			}
		}
	}
}

// Count says how many rows there are, and how many of them are shown.
func (t *table) Count() string {
	if t.fixed || t.shown >= t.Total {
		return words.Count(t.Total, t.Thing)
	}
	return fmt.Sprintf("The first %s of %s", words.Number(t.shown), words.Count(t.Total, t.Thing))
}

// elements is how many elements a row has, as the first one shows.
func (t *table) elements() int {
	n := 1
	for _, c := range t.Row(0).Cells {
		n++
		if c.To != "" || c.Outside {
			n++
		}
		if c.Small != "" {
			n++
		}
		n += 2 * len(c.More)
	}
	return n + 1 // for rows that have more than the first
}

// fillTables shows as many rows of each table as all tables can have with so many
// elements together.
func (p *page) fillTables(elements int) {
	var tables []*table
	costs := make(map[*table]int)
	most := 0
	for _, s := range p.Sections {
		for _, t := range s.Tables {
			if t.Total > 0 && !t.fixed {
				tables = append(tables, t)
				costs[t] = t.elements()
				most = max(most, t.Total)
			}
		}
	}
	n := sort.Search(most, func(n int) bool { // the first that is too many
		sum := 0
		for _, t := range tables {
			sum += min(t.Total, n+1) * costs[t]
		}
		return sum > elements
	})
	for _, t := range tables {
		t.shown = min(t.Total, n)
	}
}

// What stands in cells.

func text(s string) cell { return cell{Text: inert.Text(s)} }

// outside is a text that others wrote, as long as a row of a table can have it.
func outside(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{Text: words.Truncate(inert.Text(s), longest), Outside: true}
}

func long(s string) cell {
	c := outside(s)
	c.Class = isLong
	return c
}

// longest is how many characters of a text a table shows.
const longest = 240

func number(n int) cell {
	if n == 0 {
		return cell{Text: "0", Class: isZero}
	}
	return cell{Text: words.Number(n), Class: isNumber}
}

func amount(a attr.Amount) cell {
	if a == 0 {
		return cell{Text: "0.00", Class: isZero}
	}
	return cell{Text: a.String(), Class: isNumber}
}

func columnsOf(titles ...string) (all []column) {
	for _, t := range titles {
		if t[0] == '#' {
			all = append(all, column{t[1:], isNumber})
			continue
		}
		all = append(all, column{Title: t})
	}
	return all
}
