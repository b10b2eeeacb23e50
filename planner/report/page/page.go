// Package page writes a report of a portfolio as one page for a browser.
//
// The page loads nothing and shows all of it without its script, which searches,
// sorts and finds names. Each number leads to the list of what it counts. However large
// a portfolio is, a page has at most [MaxBytes] and [MaxElements]: tables and lists are
// cut, and say of how many.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// How large a page is at most.
const (
	MaxBytes    = 5_000_000
	MaxElements = 20_000
)

// Options say how a report was made.
type Options struct {
	// Masked says that what tells of persons is masked in the report.
	Masked bool
}

//go:embed form
var forms embed.FS

// HTML writes the report as one page.
func HTML(w io.Writer, r *report.Report, o Options) error {
	p, err := newPage(r, o)
	if err != nil {
		return err
	}
	if err := p.fit(MaxBytes, MaxElements); err != nil {
		return err
	}
	return p.write(w)
}

// page is a report as its form writes it.
type page struct {
	*report.Report
	webpage.Page
	Sections []*section
	order    []int  // of the names: what needs a person comes first
	Data     string // all names, for the script
	// What the data has numbers or bits of, in their order.
	Flags, Standings, Keepers string
}

// A section tells of one side of a portfolio.
type section struct {
	ID, Title string
	Tone      webpage.Tone
	Count     string // in the list of parts
	Short     string // what it holds, beside its title
	About     []string
	Totals    []total
	Needs     []need
	Figures   []figure
	Tables    []*table
	Lists     lists
}

// A total is one number of the summary.
type total struct {
	Number cell
	Title  string
	Tone   webpage.Tone
}

// A need is something that a person has to see to.
type need struct {
	Text, To string
	Tone     webpage.Tone
}

func newPage(r *report.Report, o Options) (p *page, err error) {
	p = &page{Report: r, Flags: joined(report.FlagNames()), Standings: joined(standings), Keepers: joined(keepers)}
	for _, of := range []func() (*section, error){
		p.summary, p.expiry, p.renewals, p.coverage, p.nameservers, p.drift, p.unmanaged, p.missing, p.holds, p.left, p.runs, p.names,
	} {
		s, err := of()
		if err != nil {
			return nil, err
		}
		if s != nil {
			p.Sections = append(p.Sections, s)
		}
	}
	p.frame(o)
	p.Script, err = forms.ReadFile("form/names.js")
	if err != nil {
		return nil, fmt.Errorf("read the script of reports: %w", err)
	}
	return p, nil
}

// frame tells what the page is of.
func (p *page) frame(o Options) {
	p.Page = webpage.Page{Thing: "report", Tone: p.tone(), Headline: p.headline(), Origin: p.origin(), Footer: p.footer(o), Content: p}
	for _, s := range p.Sections {
		p.Parts = append(p.Parts, webpage.Part{ID: s.ID, Title: s.Title, Count: s.Count, Tone: s.Tone})
	}
}

func (p *page) write(w io.Writer) error { return p.Write(w, forms, "form/report.html") }

// origin says of which account the report is, and when it was read.
func (p *page) origin() string {
	from := "Of the account " + inert.Text(p.Account)
	if p.Account == "" {
		from = "Of an account without names"
	}
	if p.Endpoint != "" { // a snapshot has none
		from += " at " + inert.Text(p.Endpoint)
	}
	text := fmt.Sprintf("%s, as read on %s.", from, moment(p.ReadAt))
	if p.OldestRead.Before(p.ReadAt) {
		text += " The oldest of it was read on " + moment(p.OldestRead) + "."
	}
	if p.Partial {
		text += " It tells of the selected names only."
	}
	return text
}

func (p *page) footer(o Options) []string {
	lines := []string{strings.TrimSpace("Made by domainsync "+inert.Text(p.Version)) + ". This page is one file, and loads nothing from elsewhere. Days and months are those of UTC."}
	if o.Masked {
		lines = append(lines, "What tells of persons is masked; --show-personal shows it.")
	}
	return lines
}

// fit cuts tables and lists so that the page has at most so many bytes and elements.
func (p *page) fit(bytesMost, elementsMost int) error {
	const (
		reserve   = 20_000 // bytes and
		reserved  = 200    // elements that the counts of what was cut take
		dataShare = 0.88   // of the bytes that are left after the tables
	)
	_, elements, err := p.measure()
	if err != nil {
		return err
	}
	p.fillTables(elementsMost - reserved - elements)
	size, _, err := p.measure()
	if err != nil {
		return err
	}
	left := bytesMost - reserve - size
	p.Data = p.data(int(float64(left) * dataShare))
	p.fillLists(left - len(template.HTMLEscapeString(p.Data)))
	return nil
}

// measure returns how many bytes and elements the page has as it is.
func (p *page) measure() (size, elements int, err error) {
	var b bytes.Buffer
	if err := p.write(&b); err != nil {
		return 0, 0, err
	}
	text := b.Bytes()
	for i := range len(text) - 1 {
		if text[i] == '<' && text[i+1] >= 'a' && text[i+1] <= 'z' {
			elements++
		}
	}
	return len(text), elements, nil
}

// moment writes a time to the minute, "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// day writes the day of a time, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// countOf writes how many of a thing there are, in the list of parts: "" for none.
func countOf(n int) string {
	if n == 0 {
		return ""
	}
	return words.Number(n)
}
