package render

import (
	"io"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
)

// A Document is a page that tells of something else than a plan, in the same form: it
// loads nothing and works without its script. Its texts may be from outside.
type Document struct {
	Thing    string // what it tells of, such as "run"
	Headline string
	Alarming bool // somebody should look
	About    string
	Tables   []Table
	Footer   []string
}

// A Table is a part of a [Document].
type Table struct {
	ID, Title, About string
	Count            string // of what it holds, in the list of parts
	Alarming         bool
	Columns          []string
	Rows             []TableRow
}

// A TableRow is one row of a [Table].
type TableRow struct {
	Cells    []string
	Alarming bool
}

// HTML writes the document as one page for a browser. Tables without rows are left out.
func (d *Document) HTML(w io.Writer) error {
	page := &webpage.Page{Thing: d.Thing, Tone: toneIf(d.Alarming), Headline: inert.Text(d.Headline), Origin: inert.Text(d.About)}
	for _, f := range d.Footer {
		page.Footer = append(page.Footer, inert.Text(f))
	}
	var parts []*part
	for i := range d.Tables {
		if len(d.Tables[i].Rows) > 0 {
			parts = append(parts, d.Tables[i].part())
		}
	}
	return writePage(w, page, parts)
}

func (t *Table) part() *part {
	x := &part{ID: t.ID, Title: t.Title, About: inert.Text(t.About), Count: t.Count, Tone: toneIf(t.Alarming), Table: &grid{Columns: t.Columns}}
	for _, r := range t.Rows {
		row := gridRow{Alarming: r.Alarming}
		for _, c := range r.Cells {
			row.Cells = append(row.Cells, inert.Text(c))
		}
		x.Table.Rows = append(x.Table.Rows, row)
	}
	return x
}

func toneIf(alarming bool) webpage.Tone {
	if alarming {
		return webpage.Alarm
	}
	return webpage.Calm
}

// MarkdownText writes text from outside into Markdown, in which it is only text.
func MarkdownText(s string) string { return plainText(s) }
