package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/internal/webpage"
)

// openRoutes are all that nobody has to sign in for.
var openRoutes = []string{"GET /healthz", "GET /readyz", "GET /metrics", "GET /signin", "POST /signin", "GET " + webpage.FilesPath}

// guardedServer is a process that serves a fleet with one person of each role, who is
// called as the role, and with a proxy at 192.0.2.1.
func guardedServer(t *testing.T) (*fleetServer, *access.Guard, *bytes.Buffer) {
	t.Helper()
	s := server(t, simulatedAlpha().Transport())
	log := new(bytes.Buffer)
	s.app.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	f := &fleet.File{
		Jobs:  []fleet.Job{{Name: "corp", Dir: dir, State: filepath.Join(dir, ".domainsync")}},
		Pages: fleet.Pages{Session: time.Hour, Proxy: &fleet.Proxy{Header: "X-Forwarded-User", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}},
	}
	for _, role := range fleet.Roles() {
		f.People = append(f.People, fleet.Person{Name: string(role), Role: role, Tokens: []fleet.Token{
			{Hash: fleet.HashOfToken("dst_" + string(role)), Expires: time.Now().Add(time.Hour)},
			{Hash: fleet.HashOfToken("dst_old_" + string(role)), Expires: time.Now().Add(-time.Second)},
		}})
	}
	if err := s.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	g, err := s.guarded(t.Context().Done())
	if err != nil {
		t.Fatal(err)
	}
	return s, g, log
}

// wildcard is what a pattern leaves open.
var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// pathOfRoute is a path that a route's pattern matches.
func pathOfRoute(route *access.Route) string {
	return wildcard.ReplaceAllStringFunc(route.Pattern, func(w string) string {
		switch w {
		case "{$}":
			return ""
		case "{job}":
			return "corp"
		case "{file}":
			return "acts.csv"
		}
		return "1"
	})
}

// asking returns a request from this machine.
func asking(t *testing.T, route *access.Route, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), route.Method, pathOfRoute(route), nil)
	r.RemoteAddr = "127.0.0.1:4711"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// answered returns the answer to a request.
func answered(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// signedIn returns the cookie of a person who has signed in.
func signedIn(t *testing.T, h http.Handler, name string) string {
	t.Helper()
	r := httptest.NewRequest("POST", access.SignInPath, strings.NewReader(url.Values{access.TokenField: {"dst_" + name}}.Encode()))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := answered(h, r)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s does not sign in: %d %s", name, w.Code, w.Body)
	}
	return w.Header().Get("Set-Cookie")
}

// TestEverythingServedIsGuarded asks for all that the process serves as those who may
// not have it: nobody, with a token that is unknown or has expired, with a lesser role,
// over http, with a header that the proxy did not send, and from another site.
func TestEverythingServedIsGuarded(t *testing.T) {
	t.Parallel()
	s, g, _ := guardedServer(t)
	cookies := make(map[fleet.Role]string)
	for _, role := range fleet.Roles() {
		cookies[role] = signedIn(t, g, string(role))
	}
	acts, err := s.table.Acts(t.Context(), fleet.ActQuery{})
	if err != nil {
		t.Fatal(err)
	}
	routes := g.Routes()
	if len(routes) < 10 {
		t.Fatalf("only %d routes are served", len(routes))
	}
	for i := range routes {
		route := &routes[i]
		name := route.Method + " " + route.Pattern
		if route.LeastIn != nil || route.Least == access.Anyone {
			if !slices.Contains(openRoutes, name) {
				t.Errorf("%s is served to anyone", name)
			}
			continue
		}
		refused := func(how string, codes []int, r *http.Request) {
			t.Helper()
			g, err := s.guarded(t.Context().Done()) // with limits of its own
			if err != nil {
				t.Fatal(err)
			}
			if w := answered(g, r); !slices.Contains(codes, w.Code) {
				t.Errorf("%s %s: %d %s", name, how, w.Code, w.Body)
			}
		}
		unknown := []int{401}
		if route.Method == "GET" && !route.Program {
			unknown = []int{303} // to the form
		}
		refused("by nobody", unknown, asking(t, route))
		refused("with a guessed session", unknown, asking(t, route, "Cookie", "domainsync=guessed"))
		refused("with a guessed token", []int{401}, asking(t, route, "Authorization", "Bearer dst_guessed"))
		refused("with an expired token", []int{401}, asking(t, route, "Authorization", "Bearer dst_old_admin"))
		far := asking(t, route, "Authorization", "Bearer dst_admin")
		far.RemoteAddr = "198.51.100.7:1"
		refused("over http", []int{403}, far)
		refused("with a header that no proxy sent", unknown, asking(t, route, "X-Forwarded-User", "admin"))
		twice := asking(t, route, "X-Forwarded-User", "viewer", "X-Forwarded-User", "admin")
		twice.RemoteAddr = "192.0.2.1:1"
		refused("with two names of the proxy", []int{400}, twice)
		for _, role := range fleet.Roles() {
			if role.Permits(route.Least) {
				continue
			}
			refused("by a "+string(role), []int{403}, asking(t, route, "Authorization", "Bearer dst_"+string(role)))
			refused("by a "+string(role)+" in a browser", []int{403}, asking(t, route, "Cookie", cookies[role], "Sec-Fetch-Site", "same-origin"))
		}
		if route.Method != "GET" {
			refused("from another site", []int{403}, asking(t, route, "Cookie", cookies[fleet.Admin], "Sec-Fetch-Site", "cross-site"))
			refused("from another site, by an old browser", []int{403}, asking(t, route, "Cookie", cookies[fleet.Admin], "Origin", "https://evil.example.org"))
			crossed := asking(t, route, "X-Forwarded-User", "admin", "Sec-Fetch-Site", "cross-site")
			crossed.RemoteAddr = "192.0.2.1:1"
			refused("from another site, through the proxy", []int{403}, crossed)
		}
	}
	if after, err := s.table.Acts(t.Context(), fleet.ActQuery{}); err != nil || len(after) != len(acts) {
		t.Errorf("something was done: %+v, %v", after, err)
	}
}

// TestWhoIsRefusedStaysOnThePages: who has signed in and may not do something sees the
// menu, what it takes, and whom to ask. Who has not signed in sees none of it.
func TestWhoIsRefusedStaysOnThePages(t *testing.T) {
	t.Parallel()
	_, g, _ := guardedServer(t)
	run := &access.Route{Method: "POST", Pattern: "/jobs/corp/run"}
	w := answered(g, asking(t, run, "Cookie", signedIn(t, g, "viewer"), "Sec-Fetch-Site", "same-origin"))
	for _, want := range []string{`href="/endangered"`, "Sign out", "takes the role approver", "Who may do it: admin, approver."} {
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), want) {
			t.Errorf("a viewer does not get %q: %d %s", want, w.Code, w.Body)
		}
	}
	w = answered(g, asking(t, run))
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), `href="/endangered"`) || strings.Contains(w.Body.String(), "approver") {
		t.Errorf("nobody gets %d %s", w.Code, w.Body)
	}
}

// TestAPageWithoutARoleIsRefused when the process starts: a role that was forgotten opens
// nothing.
func TestAPageWithoutARoleIsRefused(t *testing.T) {
	t.Parallel()
	page := pages.Route{Method: "GET", Pattern: "/new", Handler: func(http.ResponseWriter, *http.Request) {}}
	open := page
	open.Open = true
	for _, test := range []struct {
		route pages.Route
		want  string
	}{{page, "the route GET /new has no role"}, {open, ""}} {
		if _, err := access.New(access.Options{}, pageRoutes([]pages.Route{test.route})); fmt.Sprint(err) != cmp.Or(test.want, "<nil>") {
			t.Errorf("%+v: %v", test.route, err)
		}
	}
}

// hostileText would do harm on a page, in a log, in a header, or on a terminal.
const hostileText = "x\"'><script>alert(1)</script>\r\nSet-Cookie: a=b\nlevel=ERROR msg=forged \x1b[31m\u202e{{.}}"

// TestHostileTextsAreInertOnEveryPage: names of commits, messages of runs, reasons of
// persons and details of acts show as text wherever they are told.
func TestHostileTextsAreInertOnEveryPage(t *testing.T) {
	t.Parallel()
	s, g, log := guardedServer(t)
	for _, act := range []fleet.Act{
		{By: hostileText, Deed: fleet.DeedPause, Job: "corp", Detail: hostileText},
		{By: hostileText, Deed: fleet.DeedAsk, Job: "corp", Detail: hostileText},
		{By: hostileText, Deed: fleet.DeedReload, Detail: hostileText},
	} {
		if err := s.table.Do(t.Context(), act); err != nil {
			t.Fatal(err)
		}
	}
	turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: hostileText, Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
	if err != nil || turn == nil {
		t.Fatal(turn, err)
	}
	if err := s.table.Record(t.Context(), turn, [][]byte{[]byte(`{"type":"note","text":"x\"'><script>alert(1)</script>\u001b[31m"}`)}); err != nil {
		t.Fatal(err)
	}
	if err := s.table.End(t.Context(), turn, fleet.Outcome{ExitCode: 4, Reason: hostileText, Message: hostileText, Commit: hostileText, Changed: true}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	routes, looked := g.Routes(), 0
	for i := range routes {
		route := &routes[i]
		if route.Method != "GET" || route.Stream {
			continue
		}
		own := pathOfRoute(route)
		query := url.Values{"to": {hostileText}, "job": {hostileText}, "done": {hostileText}, "by": {hostileText}, "q": {hostileText}}.Encode()
		for _, path := range []string{own, own + "?" + query, strings.ReplaceAll(own, "corp", url.PathEscape(hostileText))} {
			r := httptest.NewRequest("GET", path, nil)
			r.RemoteAddr = "127.0.0.1:4711"
			r.Header.Set("Authorization", "Bearer dst_admin")
			w := answered(g, r)
			body, err := io.ReadAll(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code == 200 {
				looked++
			}
			html := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
			if html && bytes.Contains(body, []byte("<script>alert")) || bytes.ContainsAny(body, "\x1b") || bytes.Contains(body, []byte("\u202e")) && html {
				t.Errorf("%s has a text that acts: %q", path, body)
			}
			if w.Header().Get("Set-Cookie") != "" || len(w.Header()["Content-Security-Policy"]) != 1 || strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("%s has the headers %v", path, w.Header())
			}
		}
	}
	if looked < 5 {
		t.Errorf("only %d pages were looked at", looked)
	}
	for line := range strings.Lines(log.String()) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsAny(line, "\x1b\r\u202e") {
			t.Errorf("the log has the line %q", line)
		}
	}
}

// TestReportBeforeARun says that there is none yet, and not that something is broken.
func TestReportBeforeARun(t *testing.T) {
	t.Parallel()
	_, g, _ := guardedServer(t)
	report := &access.Route{Method: "GET", Pattern: "/jobs/corp/report"}
	if w := answered(g, asking(t, report, "Authorization", "Bearer dst_viewer")); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is no report yet") {
		t.Errorf("the report is %d %s", w.Code, w.Body)
	}
}

// TestViewersSeeNoContact: what a plan has of persons is for those who approve it. A
// viewer sees it on no page, and gets it by no path. After a run every page is there.
func TestViewersSeeNoContact(t *testing.T) {
	t.Parallel()
	s, g, _ := guardedServer(t)
	j := *s.runner.File().Job("corp")
	writeText(t, filepath.Join(j.Dir, "main.hcl"), `
contact "holder" {
  type               = "individual"
  name               = "Grace Personal"
  email              = "grace.personal@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Personal Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2079460000"
}

domain "alpha.com" {
  admin = contact.holder
}
`)
	if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
		t.Fatal(err)
	}
	turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
	if err != nil || turn == nil {
		t.Fatal(turn, err)
	}
	j.Action = fleet.Apply
	o := s.perform(t.Context(), fleet.Work{Job: j, Turn: *turn, Stop: make(chan struct{}), Record: func([]byte) {}, Log: s.app.log})
	if o.Plan == "" {
		t.Fatalf("no plan was kept: %+v", o)
	}
	if err := s.table.End(t.Context(), turn, o, time.Time{}); err != nil {
		t.Fatal(err)
	}
	no := decide.Decision{Job: "corp", Plan: o.Plan, All: true, By: "approver", Reject: true, Reason: "ask Grace Personal (grace.personal@example.com, 2079460000)"}
	if _, err := s.desk().Decide(t.Context(), no); err != nil {
		t.Fatal(err)
	}
	for _, deed := range []fleet.Deed{fleet.DeedPause, fleet.DeedAsk, fleet.DeedCancel} { // as a form, a program or a command records them
		why := fleet.Act{By: "ada", Deed: deed, Job: "corp", Run: turn.Run, Detail: "for Grace Personal of Personal Street, 2079460000"}
		if err := s.table.Do(t.Context(), why); err != nil {
			t.Fatal(err)
		}
	}
	shown := make(map[fleet.Role]int) // pages with something of the contact
	routes := g.Routes()
	for i := range routes {
		if route := &routes[i]; route.Method == "GET" && !route.Stream {
			for _, role := range fleet.Roles() {
				w := answered(g, asking(t, route, "Authorization", "Bearer dst_"+string(role)))
				if w.Code == http.StatusInternalServerError {
					t.Errorf("%s: %d %s", route.Pattern, w.Code, w.Body)
				}
				for _, personal := range []string{"Grace", "grace.personal", "Personal Street", "2079460000"} {
					if !strings.Contains(w.Body.String(), personal) {
						continue
					}
					if shown[role]++; role == fleet.Viewer {
						t.Errorf("%s tells a viewer %q", route.Pattern, personal)
					}
				}
			}
		}
	}
	if shown[fleet.Approver] == 0 {
		t.Error("an approver does not see whom a change is about: nothing was tested")
	}
}
