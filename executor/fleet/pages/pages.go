// Package pages are what people see of a fleet in a browser: which accounts need
// somebody, what waits for a person, what runs did and are doing.
//
// A page is made by the server and needs no script; a script only shows the progress of
// a run while it happens. Nothing is decided here: the table, the accounts' states and
// the functions that commands use as well do what a form asks for.
package pages

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
)

// Table is what the pages need of a [fleet.Table].
type Table interface {
	Jobs(ctx context.Context) ([]fleet.Entry, error)
	Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error)
	Lines(ctx context.Context, run, after int64) ([]fleet.Line, error)
	Acts(ctx context.Context, q fleet.ActQuery) ([]fleet.Act, error)
	Do(ctx context.Context, a fleet.Act) error
	Attendance(ctx context.Context) (fleet.Attendance, error)
}

// Options say what a site shows, and to whom.
type Options struct {
	Table    Table
	Accounts Accounts
	// Person returns who sends a request; nil: nobody has signed in.
	Person func(ctx context.Context) *fleet.Person
	// SignOut is where a form signs out who sends a request; "": there is nothing to sign
	// out of.
	SignOut func(ctx context.Context) string
	Version string // of the program
	Clock   clock.Clock
	Log     *slog.Logger
	// Stopping is closed when the process ends: pages that show progress end, too, and
	// browsers ask another process.
	Stopping <-chan struct{}
	// Streams is how many pages show progress at a time at most; 0: [DefaultStreams].
	Streams int
}

// A Route is one page, or one thing that people do.
type Route struct {
	Method, Pattern string     // as [http.ServeMux] has them
	Least           fleet.Role // that it takes at least
	Open            bool       // nobody has to sign in
	Handler         http.HandlerFunc
	Stream          bool // the answer goes on while somebody looks on
}

// A Site is the pages of a fleet.
type Site struct {
	Options
	frame   *webpage.Site
	jobs    jobsRead
	streams chan struct{}
}

//go:embed forms
var forms embed.FS

// New returns the pages of a fleet.
func New(o Options) (*Site, error) {
	dir, err := fs.Sub(forms, "forms")
	if err != nil {
		return nil, err
	}
	if o.Streams == 0 {
		o.Streams = DefaultStreams
	}
	s := &Site{Options: o, streams: make(chan struct{}, o.Streams)}
	s.frame, err = webpage.NewSite(dir, functions)
	return s, err
}

// Routes returns everything that the site answers to. It stands in one table so that
// nothing is served that nobody guards.
func (s *Site) Routes() []Route {
	return []Route{
		{Method: "GET", Pattern: webpage.FilesPath, Open: true, Handler: s.frame.ServeHTTP},
		{Method: "GET", Pattern: "/{$}", Least: fleet.Viewer, Handler: s.page(s.accounts)},
		{Method: "GET", Pattern: "/jobs/{job}", Least: fleet.Viewer, Handler: s.page(s.account)},
		{Method: "POST", Pattern: "/jobs/{job}/run", Least: fleet.Approver, Handler: s.deed(fleet.DeedAsk)},
		{Method: "POST", Pattern: "/jobs/{job}/pause", Least: fleet.Admin, Handler: s.deed(fleet.DeedPause)},
		{Method: "POST", Pattern: "/jobs/{job}/resume", Least: fleet.Admin, Handler: s.deed(fleet.DeedResume)},
		{Method: "GET", Pattern: "/jobs/{job}/plan", Least: fleet.Viewer, Handler: s.page(s.plan)},
		{Method: "GET", Pattern: "/jobs/{job}/plan/whole", Least: fleet.Viewer, Handler: s.wholePlan},
		{Method: "POST", Pattern: "/jobs/{job}/approve", Least: fleet.Approver, Handler: s.decide(false)},
		{Method: "POST", Pattern: "/jobs/{job}/reject", Least: fleet.Approver, Handler: s.decide(true)},
		{Method: "GET", Pattern: "/jobs/{job}/report", Least: fleet.Viewer, Handler: s.report},
		{Method: "GET", Pattern: "/runs", Least: fleet.Viewer, Handler: s.page(s.history)},
		{Method: "GET", Pattern: "/runs/{run}", Least: fleet.Viewer, Handler: s.page(s.run)},
		{Method: "GET", Pattern: "/runs/{run}/events", Least: fleet.Viewer, Handler: s.events, Stream: true},
		{Method: "POST", Pattern: "/runs/{run}/stop", Least: fleet.Approver, Handler: s.stop},
		{Method: "GET", Pattern: "/endangered", Least: fleet.Viewer, Handler: s.page(s.endangered)},
		{Method: "GET", Pattern: "/expiry", Least: fleet.Viewer, Handler: s.page(s.expiry)},
		{Method: "GET", Pattern: "/cost", Least: fleet.Viewer, Handler: s.page(s.money)},
		{Method: "GET", Pattern: "/log", Least: fleet.Viewer, Handler: s.page(s.log)},
		{Method: "GET", Pattern: "/log/{file}", Least: fleet.Viewer, Handler: s.exportLog},
	}
}

// A page is one that was asked for, while it is made.
type page struct {
	*Site
	request *http.Request
	person  *fleet.Person // nil: nobody has signed in
	now     time.Time
	form    string // of its content
	view    webpage.View
}

// A problem is why there is no page, for whoever has asked.
type problem struct {
	status         int
	headline, text string
}

func (p *problem) Error() string { return p.headline }

// page answers with a page that a function makes.
func (s *Site) page(fill func(*page) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.begin(r)
		status := http.StatusOK
		if err := fill(p); err != nil {
			status = p.fail(err)
		}
		p.write(w, status)
	}
}

// begin begins a page with what all of them have.
func (s *Site) begin(r *http.Request) *page {
	p := &page{Site: s, request: r, person: s.Person(r.Context()), now: s.Clock.Now()}
	p.view = webpage.View{Thing: "fleet", Tone: webpage.Calm, Footer: []string{"domainsync " + inert.Text(s.Version) + " · times are UTC"}}
	if p.person == nil {
		return p
	}
	p.view.Menu = p.menu()
	p.view.Person, p.view.Role = inert.Text(p.person.Name), string(p.person.Role)
	if to := s.SignOut(r.Context()); to != "" {
		p.view.SignOut = &webpage.Form{To: to, Button: "Sign out"}
	}
	return p
}

// role is that of whoever looks; "": nobody has signed in.
func (p *page) role() fleet.Role {
	if p.person == nil {
		return ""
	}
	return p.person.Role
}

// may reports whether whoever looks may do what takes a role.
func (p *page) may(least fleet.Role) bool { return p.role().Permits(least) }

// show says what the page is, and what its content is made of.
func (p *page) show(form, headline string, tone webpage.Tone, content any) {
	p.form, p.view.Headline, p.view.Tone, p.view.Content = form, headline, tone, content
}

// fail makes the page say why there is none, and returns the status of that.
func (p *page) fail(err error) int {
	told, ok := errors.AsType[*problem](err)
	if missing, is := errors.AsType[*fleet.NoJobError](err); is {
		told, ok = noJob(missing.Job), true
	}
	if wrong := stateProblem(err); wrong != nil {
		told, ok = wrong, true
	}
	if !ok {
		if p.request.Context().Err() == nil {
			p.Log.Error("a page could not be made", "path", p.request.URL.Path, "error", err)
		}
		told = &problem{http.StatusInternalServerError, "This page cannot be shown now", "The log of the process that serves it says why. Try again in a moment."}
	}
	p.show("problem", told.headline, webpage.Alarm, told.text)
	return told.status
}

func noJob(name string) *problem {
	return &problem{http.StatusNotFound, fmt.Sprintf("There is no job %q", inert.Text(name)), "The file of the fleet does not have it, and nothing is known of its past. The list of accounts has all jobs."}
}

// write writes the page. One that cannot be made is an error as a whole.
func (p *page) write(w http.ResponseWriter, status int) {
	var text bytes.Buffer
	if err := p.frame.Write(&text, p.form, &p.view); err != nil {
		p.Log.Error("a page could not be written", "path", p.request.URL.Path, "error", err)
		http.Error(w, "the page cannot be shown: the log says why", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", webpage.SitePolicy)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	if _, err := w.Write(text.Bytes()); err != nil {
		p.Log.Debug("a page was not taken", "path", p.request.URL.Path, "error", err)
	}
}

// menu is the menu of the site, which says where somebody is.
func (p *page) menu() []webpage.Link {
	links := []webpage.Link{{Text: "Accounts", To: "/"}, {Text: "Endangered", To: "/endangered"}, {Text: "Expiry", To: "/expiry"}, {Text: "Budgets", To: "/cost"}, {Text: "Runs", To: "/runs"}, {Text: "Log", To: "/log"}}
	for i := range links {
		links[i].Here = links[i].To == p.request.URL.Path
	}
	return links
}

// pathTo are links to what a page is a part of.
func pathTo(links ...webpage.Link) []webpage.Link {
	return append([]webpage.Link{{Text: "Accounts", To: "/"}}, links...)
}

// toJob is the path of a job's page.
func toJob(name string) string { return "/jobs/" + url.PathEscape(name) }

// deed answers to a form that does something with a job.
func (s *Site) deed(d fleet.Deed) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.begin(r)
		act := fleet.Act{By: p.person.Name, Deed: d, Job: r.PathValue("job"), Detail: reasonIn(r)}
		if err := s.Table.Do(r.Context(), act); err != nil {
			p.write(w, p.fail(err))
			return
		}
		s.jobs.forget()
		http.Redirect(w, r, toJob(act.Job)+"?done="+string(d), http.StatusSeeOther)
	}
}

// longestReason bounds what somebody writes, in characters.
const longestReason = 500

// reasonIn is why somebody does something, as the form has it.
func reasonIn(r *http.Request) string {
	text := []rune(r.PostFormValue("reason"))
	return string(text[:min(len(text), longestReason)])
}

// functions are those that templates use.
var functions = template.FuncMap{}
