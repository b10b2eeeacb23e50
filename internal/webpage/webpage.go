// Package webpage writes pages for a browser that are one file each and load nothing:
// what tells of plans, of runs and of portfolios looks the same, and is as safe.
//
// A page holds its style and its script, and a Content Security Policy that permits
// these two by their hashes and nothing else. Whoever has something to tell brings a
// template of its content.
package webpage

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
)

// frame is what all pages have. No line of the style or of the script begins with what
// a log takes for a command, which would be escaped: the page permits both by the
// hashes of their bytes.
//
//go:embed frame
var frame embed.FS

// A Tone says how urgent something looks. It is a class of the style.
type Tone string

// The tones.
const (
	Calm   Tone = "calm"
	Done   Tone = "done"
	Active Tone = "active"
	Minded Tone = "minded" // somebody should look
	Alarm  Tone = "alarm"
)

// A Page is what stands around the content of a page. Its texts are shown as they are:
// the caller has made them inert.
type Page struct {
	Thing    string // what it tells of, such as "plan"
	Tone     Tone
	Headline string
	Refusals []string // each a guard that refuses
	Origin   string   // from what it was made
	Parts    []Part
	Footer   []string
	// Content is what the template "content" is executed with.
	Content any
	// Script is what the content needs beside the script of all pages.
	Script []byte
}

// A Part is a section of the content, as the list of parts has it.
type Part struct {
	ID, Title string
	Count     string // of what it holds; "": it is not counted
	Tone      Tone
}

// framed is a page with what a browser needs beside it.
type framed struct {
	*Page
	Policy string // what a browser may load and run (Content Security Policy)
	Style  template.CSS
	Code   template.JS
}

// Write writes the page. The files hold the templates of its content, of which one is
// called "content".
func (p *Page) Write(w io.Writer, files fs.FS, names ...string) error {
	style, err := frame.ReadFile("frame/page.css")
	if err != nil {
		return fmt.Errorf("read the style of pages: %w", err)
	}
	script, err := p.script()
	if err != nil {
		return fmt.Errorf("read the script of pages: %w", err)
	}
	t, err := template.ParseFS(frame, "frame/frame.html")
	if err == nil {
		t, err = t.ParseFS(files, names...)
	}
	if err != nil {
		return fmt.Errorf("read the form of pages: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	data := framed{Page: p, Policy: contentPolicy(style, script), Style: template.CSS(style), Code: template.JS(script)} // both are ours
	if err := t.Execute(out, data); err != nil {
		return fmt.Errorf("write the %s as HTML: %w", p.Thing, err)
	}
	return out.Flush()
}

// WriteContent writes the content of a page alone, for a page that has another frame. The
// files hold its templates, of which one is called "content".
func WriteContent(w io.Writer, files fs.FS, content any, names ...string) error {
	t, err := template.ParseFS(files, names...)
	if err != nil {
		return fmt.Errorf("read the form of a page: %w", err)
	}
	return t.ExecuteTemplate(w, "content", content)
}

// script returns all scripts of the page as one.
func (p *Page) script() ([]byte, error) {
	var all []byte
	for _, name := range []string{"frame/shared.js", "frame/page.js", "frame/tables.js"} {
		script, err := frame.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, script...)
	}
	return append(all, p.Script...), nil
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
