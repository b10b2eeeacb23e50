package webpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// SitePolicy is the Content Security Policy of the pages of a [Site]: they load and run
// their own files, send forms to where they come from, and stand in no frame.
const SitePolicy = "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// FilesPath is where a site's files lie. A name holds a hash of the content, so that a
// browser keeps a file for as long as it likes.
const FilesPath = "/assets/"

// A Site is pages of one server that share their style and scripts, and look as those
// that are one file each.
type Site struct {
	files map[string]siteFile // by path
	links map[string]string   // paths of the files, by what they are called
	forms map[string]*template.Template
}

type siteFile struct {
	kind string // of the content
	data []byte
}

// siteStyle is what the style of a site is called.
const siteStyle = "style.css"

// NewSite makes a site of the files of a directory. One that ends in .html holds the
// content of a page, a template called "content", and may use those of files that end in
// .tmpl. What ends in .css comes behind the style of all pages, and what ends in .js is a
// script that a page can ask for.
func NewSite(dir fs.FS, functions template.FuncMap) (*Site, error) {
	s := &Site{files: make(map[string]siteFile), links: make(map[string]string), forms: make(map[string]*template.Template)}
	shared, err := template.New("site.html").Funcs(functions).Funcs(template.FuncMap{"file": s.link}).ParseFS(frame, "frame/site.html")
	if err != nil {
		return nil, fmt.Errorf("read the frame of a site: %w", err)
	}
	if parts, err := fs.Glob(dir, "*.tmpl"); err == nil && len(parts) > 0 {
		if shared, err = shared.ParseFS(dir, parts...); err != nil {
			return nil, fmt.Errorf("read the parts of pages: %w", err)
		}
	}
	if err := s.readFiles(dir); err != nil {
		return nil, err
	}
	return s, s.readForms(dir, shared)
}

// readFiles reads what browsers load.
func (s *Site) readFiles(dir fs.FS) error {
	var style []byte
	for _, name := range []string{"frame/page.css", "frame/site.css"} {
		part, err := frame.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the style of pages: %w", err)
		}
		style = append(style, part...)
	}
	own, err := fs.Glob(dir, "*.css")
	if err != nil {
		return err
	}
	for _, name := range own {
		part, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		style = append(style, part...)
	}
	s.add(siteStyle, "text/css; charset=utf-8", style)
	scripts, err := fs.Glob(dir, "*.js")
	if err != nil {
		return err
	}
	for _, name := range scripts {
		script, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		s.add(name, "text/javascript; charset=utf-8", script)
	}
	return nil
}

// add adds a file under a path that its content decides.
func (s *Site) add(name, kind string, data []byte) {
	sum := sha256.Sum256(data)
	end := path.Ext(name)
	at := FilesPath + strings.TrimSuffix(name, end) + "-" + hex.EncodeToString(sum[:8]) + end
	s.files[at], s.links[name] = siteFile{kind, data}, at
}

// link returns the path of a file; "": there is none.
func (s *Site) link(name string) string { return s.links[name] }

// readForms reads the templates of the pages.
func (s *Site) readForms(dir fs.FS, shared *template.Template) error {
	names, err := fs.Glob(dir, "*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		form, err := shared.Clone()
		if err == nil {
			form, err = form.ParseFS(dir, name)
		}
		if err != nil {
			return fmt.Errorf("read the form of a page: %w", err)
		}
		s.forms[strings.TrimSuffix(name, ".html")] = form
	}
	return nil
}

// A View is one page of a site. Its texts are shown as they are: the caller has made them
// inert.
type View struct {
	Thing    string // what it tells of, above the headline
	Tone     Tone
	Headline string
	Origin   string // below the headline; "": nothing
	Menu     []Link
	Path     []Link // to what the page is a part of, the site itself first
	// Person is who looks; "": nobody has signed in.
	Person, Role string
	SignOut      *Form // nil: there is nothing to sign out of
	Parts        []Part
	Scripts      []string // files that the page needs, by what they are called
	// Refresh is after how long a browser that runs no script loads the page again;
	// 0: not at all.
	Refresh time.Duration
	Footer  []string
	Content any // what the template "content" is executed with
}

// A Link leads to a page.
type Link struct {
	Text, To string
	Here     bool // it is the page itself, or what that is a part of
}

// A Form is a button that sends something.
type Form struct {
	To, Button string
	Hidden     []Field
}

// A Field is what a form sends without asking.
type Field struct{ Name, Value string }

// Seconds is Refresh for a browser.
func (v *View) Seconds() int { return int(v.Refresh.Seconds()) }

// Write writes a page.
func (s *Site) Write(w io.Writer, form string, v *View) error {
	t := s.forms[form]
	if t == nil {
		return fmt.Errorf("there is no page %q", form)
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("write the page %s: %w", form, err)
	}
	return nil
}

// ServeHTTP answers with a file of the site.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, found := s.files[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
