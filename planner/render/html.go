package render

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// pageFiles are what a page is made of. No line of the style or of the script begins
// with what a log takes for a command, which would be escaped: the page permits both
// by the hashes of their bytes.
//
//go:embed page
var pageFiles embed.FS

// HTML writes the plan as one page for a browser, with everything that [Text] tells
// with all details, and the place in the files of each change. The page loads nothing,
// and shows all of it without its script, which only searches and folds. Rows are
// written one by one.
func HTML(w io.Writer, p *planner.Plan) error {
	content, err := newPage(p)
	if err != nil {
		return err
	}
	return content.write(w)
}

// write writes the page by its form.
func (v *page) write(w io.Writer) error {
	t, err := template.ParseFS(pageFiles, "page/page.html", "page/names.html")
	if err != nil {
		return fmt.Errorf("read the form of pages: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(out, v); err != nil {
		return fmt.Errorf("write the %s as HTML: %w", v.Thing, err)
	}
	return out.Flush()
}

// A page is a plan as its form writes it.
type page struct {
	Thing    string // what it tells of
	Policy   string // what a browser may load and run (Content Security Policy)
	Style    template.CSS
	Script   template.JS
	Tone     tone
	Headline string
	Refusals []string
	Origin   string
	Parts    []*part
	Footer   []string
}

// A tone says how urgent something looks.
type tone string

const (
	calm   tone = "calm"
	done   tone = "done"
	active tone = "active"
	minded tone = "minded" // somebody should look
	alarm  tone = "alarm"
)

// A part is a section of a page: notes or a table.
type part struct {
	ID, Title, About string
	Count            string // of what it holds, in the list of parts
	Tone             tone
	Notes            []note
	Table            *grid
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

// emptyPage is a page that tells nothing yet.
func emptyPage(thing string) (*page, error) {
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return nil, fmt.Errorf("read the style of pages: %w", err)
	}
	script, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return nil, fmt.Errorf("read the script of pages: %w", err)
	}
	return &page{Thing: thing, Policy: contentPolicy(style, script), Style: template.CSS(style), Script: template.JS(script)}, nil // both are ours
}

func newPage(p *planner.Plan) (*page, error) {
	v, err := emptyPage("plan")
	if err != nil {
		return nil, err
	}
	sections := groupChanges(p, true)
	v.Tone, v.Headline = toneOf(p), inert.Text(headline(p, sections))
	v.Origin = strings.TrimSpace(inert.Text(origin(p, "Compares", "Orders", inert.Text)) + ". " + provenance(p, inert.Text))
	v.Footer = footer(p)
	for _, g := range p.Guards {
		if g.Refuses {
			v.Refusals = append(v.Refusals, inert.Text(refusal(g, readable)))
		}
	}
	v.Parts = partsOf(p, sections)
	return v, nil
}

// contentPolicy permits a page nothing but its own style and script.
func contentPolicy(style, script []byte) string {
	hash := func(text []byte) string {
		sum := sha256.Sum256(text)
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; img-src data:; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
}

func toneOf(p *planner.Plan) tone {
	switch {
	case p.Refused(), p.HasErrors():
		return alarm
	case !p.Converged():
		return active
	case p.Agrees():
		return done
	}
	return minded
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
