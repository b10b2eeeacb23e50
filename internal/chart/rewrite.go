package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
)

// permitted are the elements and attributes of a drawing that are taken over. All else
// is left out; the library writes nothing else.
var permitted = map[string][]string{
	"svg": {"viewBox"}, "path": {"d", "stroke-dasharray"}, "text": {"x", "y", "transform"}, "circle": {"cx", "cy", "r"},
}

// rewrite writes what the library has drawn anew, without namespaces, and with classes
// in place of colours.
func (c *Chart) rewrite(drawn []byte, id string) (template.HTML, error) {
	var b strings.Builder
	looks := c.looks()
	in := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return template.HTML(b.String()), nil // each text and value in it is escaped
		}
		if err != nil {
			return "", fmt.Errorf("read the chart %q as drawn: %w", c.Title, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			attributes, ok := permitted[t.Name.Local]
			if !ok {
				return "", fmt.Errorf("the chart %q has an element %q, which no page takes", c.Title, t.Name.Local)
			}
			writeStart(&b, t, attributes, looks)
			if t.Name.Local == "svg" {
				c.describe(&b, id)
			} else {
				b.WriteByte('>')
			}
		case xml.EndElement:
			b.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			b.WriteString(escape(string(t)))
		}
	}
}

// looks returns the classes by the colours that stand for them.
func (c *Chart) looks() map[string]string {
	looks := map[string]string{ofText.String(): "chart-text", ofAxis.String(): "chart-axis", ofGrid.String(): "chart-grid"}
	for i, s := range append(c.Bars[:len(c.Bars):len(c.Bars)], c.Lines...) {
		looks[ofSeries(i).String()] = s.Look
	}
	return looks
}

// writeStart writes the beginning of an element.
func writeStart(b *strings.Builder, t xml.StartElement, attributes []string, looks map[string]string) {
	b.WriteString("<" + t.Name.Local)
	for _, name := range attributes {
		for _, a := range t.Attr {
			if a.Name.Local == name {
				fmt.Fprintf(b, ` %s="%s"`, name, escape(strings.ReplaceAll(a.Value, "\n", " ")))
			}
		}
	}
	for _, a := range t.Attr {
		if a.Name.Local == "style" {
			if class := classOf(a.Value, looks); class != "" {
				fmt.Fprintf(b, ` class="%s"`, escape(class))
			}
		}
	}
}

// classOf returns the classes of a style in an attribute: that of its colour, and how
// it is drawn.
func classOf(style string, looks map[string]string) string {
	for declaration := range strings.SplitSeq(style, ";") {
		property, value, _ := strings.Cut(declaration, ":")
		if look := looks[value]; look != "" && (property == "fill" || property == "stroke") {
			return look + " " + property + "s"
		}
	}
	return "chart-none"
}

// describe makes a drawing a picture with a title and a text.
func (c *Chart) describe(b *strings.Builder, id string) {
	fmt.Fprintf(b, ` role="img" aria-labelledby="%s-title %s-text"><title id="%s-title">%s</title><desc id="%s-text">%s</desc>`,
		escape(id), escape(id), escape(id), escape(c.Title), escape(id), escape(c.About))
}

// escape writes a text or a value so that it is only that.
func escape(s string) string { return template.HTMLEscapeString(inert.Text(s)) }
