package render

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// statusTones say how urgent changes of a status are.
var statusTones = map[attr.Status]webpage.Tone{
	attr.Ready: webpage.Active, attr.Deferred: webpage.Calm, attr.Waiting: webpage.Minded, attr.Held: webpage.Calm,
	attr.Unapproved: webpage.Minded, attr.Refused: webpage.Alarm, attr.Blocked: webpage.Alarm, attr.Unknown: webpage.Alarm, attr.InDoubt: webpage.Alarm,
}

// sectionPart tells of the changes of one status.
func sectionPart(s *section) *part {
	n := s.names
	if s.account {
		n++
	}
	x := &part{ID: strings.ReplaceAll(string(s.status), " ", "_"), Title: titles[s.status], Tone: statusTones[s.status], Count: words.Number(n)}
	x.About = subjects(s.names, s.account) + inert.Text(s.advice)
	if s.status == attr.Ready {
		x.Title = "Changes"
	}
	for _, c := range s.causes {
		n := note{Title: sentence(inert.Text(c.reason))}
		for _, k := range c.kinds {
			n.Kinds = append(n.Kinds, kindOf(k))
		}
		x.Notes = append(x.Notes, n)
	}
	return x
}

func kindOf(k *kind) listedKind {
	x := listedKind{
		Mark: symbols[k.action], Action: k.action, Attribute: inert.Text(k.attribute), About: subjectsOf(k.names) + k.origin.InWords(),
		Open: len(k.groups) <= rowsOpen,
	}
	for _, g := range k.groups {
		for _, c := range g.changes {
			if c.Hazard != attr.None && !slices.Contains(x.Hazards, c.Hazard) {
				x.Hazards = append(x.Hazards, c.Hazard)
			}
		}
	}
	slices.Sort(x.Hazards)
	x.Rows = func(yield func(row) bool) {
		for _, g := range k.groups {
			if !yield(rowOf(g)) {
				return
			}
		}
	}
	return x
}

func rowOf(g *group) row {
	d := g.difference()
	r := row{Gone: d.gone, Come: d.come, Kept: d.kept, Who: inert.Text(g.who), Names: listNames(g.names)}
	if g.source != nil {
		r.Names.Place = placeOf(g.source)
		return r
	}
	r.Names.Each = func(yield func(shownName) bool) {
		for _, c := range g.changes {
			n := showName(c.Domain)
			n.Place = placeOf(&c.Source)
			if !yield(n) {
				return
			}
		}
	}
	return r
}

func placeOf(s *attr.Source) string {
	if s == nil || s.File == "" {
		return ""
	}
	return inert.Text(s.String())
}

// showName returns a canonical name as a page shows it.
func showName(canonical string) shownName {
	if canonical == "" {
		return shownName{Text: readable("")}
	}
	u := wire.UnicodeName(canonical)
	n := shownName{Text: inert.Text(u)}
	if u != canonical {
		n.Code, n.Mixed = inert.Text(canonical), mixesScripts(u)
	}
	return n
}

func listNames(names []string) *listed {
	return listTexts(names, subjectsOf(names), readable, showName)
}

// listTexts lists texts behind what counts them, with the first ones as short writes
// them.
func listTexts(texts []string, counted string, short func(string) string, show func(string) shownName) *listed {
	return &listed{
		One: len(texts) == 1, Few: len(texts) <= namesShown+1, Count: counted, First: nameList(texts, namesInLine, short),
		Each: func(yield func(shownName) bool) {
			for _, s := range texts {
				if !yield(show(s)) {
					return
				}
			}
		},
	}
}
