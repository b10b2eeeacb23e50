package render

import (
	"io"

	"github.com/domainsync/domainsync/internal/inert"
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
	content, err := emptyPage(d.Thing)
	if err != nil {
		return err
	}
	content.Headline, content.Origin, content.Tone = inert.Text(d.Headline), inert.Text(d.About), toneIf(d.Alarming)
	for _, f := range d.Footer {
		content.Footer = append(content.Footer, inert.Text(f))
	}
	for i := range d.Tables {
		if len(d.Tables[i].Rows) > 0 {
			content.Parts = append(content.Parts, d.Tables[i].part())
		}
	}
	return content.write(w)
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

func toneIf(alarming bool) tone {
	if alarming {
		return alarm
	}
	return calm
}

// MarkdownText writes text from outside into Markdown, in which it is only text.
func MarkdownText(s string) string { return plainText(s) }
