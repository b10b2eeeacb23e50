package render

import (
	"embed"
	"io"
	"iter"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/planner"
)

// pageFiles are the templates of what a page tells of a plan.
//
//go:embed page
var pageFiles embed.FS

// HTML writes the plan as one page for a browser, with everything that [Text] tells
// with all details, and the place in the files of each change. The page loads nothing,
// and shows all of it without its script, which only searches and folds. Rows are
// written one by one.
func HTML(w io.Writer, p *planner.Plan) error {
	sections := groupChanges(p, true)
	return writePage(w, newPage(p, sections), partsOf(p, sections))
}

// writePage writes a page of some parts.
func writePage(w io.Writer, page *webpage.Page, parts []*part) error {
	page.Content = parts
	for _, x := range parts {
		page.Parts = append(page.Parts, x.listed())
	}
	return page.Write(w, pageFiles, pageForms...)
}

// pageForms are the templates of a page.
var pageForms = []string{"page/parts.html", "page/names.html"}

// A part is a section of a page: notes or a table.
type part struct {
	ID, Title, About string
	Count            string // of what it holds, in the list of parts
	Tone             webpage.Tone
	Notes            []note
	Table            *grid
}

// listed is the part in the list of all.
func (x *part) listed() webpage.Part {
	return webpage.Part{ID: x.ID, Title: x.Title, Count: x.Count, Tone: x.Tone}
}

// A note says something of some names.
type note struct {
	Title, Text, Place string
	Names              *listed // nil: none
	Kinds              []listedKind
}

// A listedKind is what one attribute goes through, in rows.
type listedKind struct {
	Mark, Attribute, About string
	Action                 attr.Action
	Hazards                []attr.Hazard
	Open                   bool
	Rows                   iter.Seq[row]
}

// A row is equal changes of some names.
type row struct {
	Names            *listed
	Who              string
	Gone, Come, Kept []string
}

// A listed is names. Few stand as they are; others are folded behind their number and
// the first of them.
type listed struct {
	One, Few, Open bool
	Count, First   string
	Place          string // of all of them
	Each           iter.Seq[shownName]
}

// A shownName is a name as people read it, beside the registry's form where that
// looks otherwise.
type shownName struct {
	Text, Code string
	Mixed      bool // it may be read as a name that it is not
	Place      string
}

// A grid is a table whose cells are texts.
type grid struct {
	Columns []string
	Rows    []gridRow
}

type gridRow struct {
	Cells    []string
	Alarming bool
}

// How many there may be before they are folded away.
const (
	rowsOpen = 50
	manyOpen = 200 // names in a part that holds nothing else
	// namesInLine is how many names stand beside the number of those that are folded.
	namesInLine = 3
)

// newPage returns what stands around the parts of a plan.
func newPage(p *planner.Plan, sections []*section) *webpage.Page {
	v := &webpage.Page{
		Thing: "plan", Tone: toneOf(p), Headline: inert.Text(headline(p, sections)), Footer: footer(p),
		Origin: strings.TrimSpace(inert.Text(origin(p, "Compares", "Orders", inert.Text)) + ". " + provenance(p, inert.Text)),
	}
	for _, g := range p.Guards {
		if g.Refuses {
			v.Refusals = append(v.Refusals, inert.Text(refusal(g, readable)))
		}
	}
	return v
}

func toneOf(p *planner.Plan) webpage.Tone {
	switch {
	case p.Refused(), p.HasErrors():
		return webpage.Alarm
	case !p.Converged():
		return webpage.Active
	case p.Agrees():
		return webpage.Done
	}
	return webpage.Minded
}

// footer says what the page is.
func footer(p *planner.Plan) []string {
	about := "Made by domainsync"
	if p.Version != "" {
		about += " " + inert.Text(p.Version)
	}
	if p.ConfigHash != "" {
		about += " from the configuration " + inert.Text(p.ConfigHash)
	}
	lines := []string{about + ". This page is the whole plan in one file, and loads nothing from elsewhere."}
	if p.IsMasked {
		lines = append(lines, "What tells of persons is masked.")
	}
	return lines
}
