package page

import (
	"fmt"
	"html/template"
	"sort"
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// lists are what stands behind the numbers of a section.
type lists struct {
	All    []*list
	prefix string
}

// A list is what one number counts, a line each.
type list struct {
	ID, Title string
	// Find is what finds the same among all names; "": nothing does.
	Find  string
	total int
	line  func(i int) string
	// ends are the bytes up to the end of each line.
	ends  []int
	shown int
}

// Count says how many lists there are.
func (l *lists) Count() string { return words.Count(len(l.All), "list") }

// add adds the list of what a number counts, and returns the number that leads to it.
func (l *lists) add(n int, title, find string, total int, line func(i int) string) cell {
	c := number(n)
	if total == 0 {
		return c
	}
	x := &list{ID: fmt.Sprintf("%s-%d", l.prefix, len(l.All)+1), Title: title, Find: find, total: total, line: line, ends: make([]int, 0, total)}
	end := 0
	for i := range total {
		end += len(template.HTMLEscapeString(line(i))) + 1
		x.ends = append(x.ends, end)
	}
	l.All = append(l.All, x)
	c.To = x.ID
	return c
}

// Count says how many lines a list has.
func (l *list) Count() string { return words.Number(l.total) }

// Lines are the lines that are shown.
func (l *list) Lines() string {
	var b strings.Builder
	for i := range l.shown {
		b.WriteString(l.line(i) + "\n")
	}
	return b.String()
}

// Rest says how many lines are not shown.
func (l *list) Rest() string {
	if l.shown == l.total {
		return ""
	}
	return "and " + words.Number(l.total-l.shown) + " more"
}

// fillLists shows as many lines of each list as all lists can have with so many bytes
// together.
func (p *page) fillLists(size int) {
	var all []*list
	most := 0
	for _, s := range p.Sections {
		for _, l := range s.Lists.All {
			all = append(all, l)
			most = max(most, l.total)
		}
	}
	n := sort.Search(most, func(n int) bool { // the first that is too many
		sum := 0
		for _, l := range all {
			sum += l.ends[min(l.total, n+1)-1]
		}
		return sum > size
	})
	for _, l := range all {
		l.shown = min(l.total, n)
	}
}

// of adds the list of the names that a number counts.
func (s *section) of(p *page, n int, title, find string, counted func(n *report.Name) bool) cell {
	var names []int
	if n > 0 {
		for i := range p.Names {
			if counted(&p.Names[i]) {
				names = append(names, i)
			}
		}
	}
	return s.Lists.add(n, title, find, len(names), func(i int) string { return shown(&p.Names[names[i]]) })
}

// shown writes a name as people read it, with the registry's form where that looks
// otherwise.
func shown(n *report.Name) string {
	if n.Name == n.ASCII {
		return inert.Text(n.Name)
	}
	return inert.Text(n.Name) + " (" + inert.Text(n.ASCII) + ")"
}
