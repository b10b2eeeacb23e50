package access_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/fleettest"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/clock"
)

// begin is when each test begins.
var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// tokenOf is the token of a person of the tests.
func tokenOf(name string) string { return "dst_" + name }

// person returns one with a token that ends in a week.
func person(name string, role fleet.Role, aliases ...string) fleet.Person {
	return fleet.Person{Name: name, Role: role, Aliases: aliases, Tokens: []fleet.Token{{Hash: fleet.HashOfToken(tokenOf(name)), Expires: begin.AddDate(0, 0, 7)}}}
}

// world is a guard with its table, whose file a test changes.
type world struct {
	*testing.T
	time  *fleettest.HandClock
	file  *fleet.File
	table *sqlite.Table
	guard *access.Guard
	log   bytes.Buffer
	// done counts what the handlers have served: "METHOD pattern person".
	done map[string]int
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, time: fleettest.NewHandClock(begin), done: make(map[string]int)}
	w.file = &fleet.File{
		People: []fleet.Person{person("ada", fleet.Approver, "ada@example.com"), person("root", fleet.Admin), person("vic", fleet.Viewer)},
		Pages:  fleet.Pages{Session: time.Hour},
	}
	var err error
	if w.table, err = sqlite.Create(t.Context(), t.TempDir(), clock.New(w.time)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.table.Close() }) //nolint:errcheck // the directory goes with the test
	w.guard, err = access.New(access.Options{
		File: func() *fleet.File { return w.file }, Sessions: w.table, Record: w.table.Do, Clock: clock.New(w.time),
		Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}, w.routes())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// routes are of each kind: for each role, for people and for programs.
func (w *world) routes() []access.Route {
	all := []access.Route{
		{Method: "GET", Pattern: "/healthz", Least: access.Anyone},
		{Method: "GET", Pattern: "/metrics", LeastIn: func(f *fleet.File) fleet.Role {
			if f.Pages.Metrics == "" {
				return access.Anyone
			}
			return f.Pages.Metrics
		}},
		{Method: "GET", Pattern: "/api/v1/jobs", Least: fleet.Viewer, Program: true},
		{Method: "POST", Pattern: "/api/v1/jobs/{job}/run", Least: fleet.Approver, Program: true},
		{Method: "GET", Pattern: "/{$}", Least: fleet.Viewer},
		{Method: "GET", Pattern: "/jobs/{job}", Least: fleet.Viewer},
		{Method: "POST", Pattern: "/jobs/{job}/run", Least: fleet.Approver},
		{Method: "POST", Pattern: "/jobs/{job}/pause", Least: fleet.Admin},
		{Method: "GET", Pattern: "/runs/{run}/events", Least: fleet.Viewer, Stream: true},
	}
	for i := range all {
		name := all[i].Method + " " + all[i].Pattern
		all[i].Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			who := "nobody"
			if p := access.PersonOf(r.Context()); p != nil {
				who = p.Name
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
				return
			}
			w.done[name+" "+who]++
			fmt.Fprintln(rw, "served", who)
		})
	}
	return all
}

// with is a change of a request.
type with func(*http.Request)

func header(name, value string) with { return func(r *http.Request) { r.Header.Add(name, value) } }
func bearer(token string) with       { return header("Authorization", "Bearer "+token) }
func from(address string) with       { return func(r *http.Request) { r.RemoteAddr = address } }
func cookie(c *http.Cookie) with     { return func(r *http.Request) { r.AddCookie(c) } }
func sameOrigin() with               { return header("Sec-Fetch-Site", "same-origin") }

// ask sends a request from the machine itself, unless it is changed.
func (w *world) ask(method, path string, body io.Reader, changes ...with) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequest(method, path, body)
	r.RemoteAddr = "127.0.0.1:4711"
	for _, change := range changes {
		change(r)
	}
	rec := httptest.NewRecorder()
	w.guard.ServeHTTP(rec, r)
	return rec
}

// post sends a form.
func (w *world) post(path string, form url.Values, changes ...with) *httptest.ResponseRecorder {
	w.Helper()
	return w.ask("POST", path, strings.NewReader(form.Encode()), append([]with{header("Content-Type", "application/x-www-form-urlencoded")}, changes...)...)
}

// signIn signs somebody in, and returns the cookie.
func (w *world) signIn(name string, changes ...with) *http.Cookie {
	w.Helper()
	rec := w.post("/signin", url.Values{"token": {tokenOf(name)}}, changes...)
	cookies := rec.Result().Cookies()
	if rec.Code != http.StatusSeeOther || len(cookies) != 1 {
		w.Fatalf("%s does not sign in: %d %s", name, rec.Code, rec.Body)
	}
	return cookies[0]
}

// code fails unless a request is answered with a status.
func (w *world) code(rec *httptest.ResponseRecorder, want int, what string, args ...any) {
	w.Helper()
	if rec.Code != want {
		w.Errorf("%s: %d, want %d: %s", fmt.Sprintf(what, args...), rec.Code, want, rec.Body)
	}
}

// pathOf is a path of a route's pattern.
func pathOf(route *access.Route) string {
	return strings.NewReplacer("{$}", "", "{job}", "corp", "{run}", "1").Replace(route.Pattern)
}

// guarded are the routes that somebody has to sign in for.
func (w *world) guarded() []access.Route {
	return slices.DeleteFunc(w.guard.Routes(), func(r access.Route) bool { return r.LeastIn != nil || r.Least == access.Anyone })
}

// TestEveryRouteTakesItsRole asks for each route in each way, without rights, with those
// of each role, and with those that have ended.
func TestEveryRouteTakesItsRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expired := person("old", fleet.Admin)
	expired.Tokens[0].Expires = begin
	w.file.People = append(w.file.People, expired)
	w.file.Pages.Proxy = &fleet.Proxy{Header: "X-Forwarded-User", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	routes := w.guarded()
	if len(routes) < 8 {
		t.Fatalf("routes are %+v", routes)
	}
	for i := range routes {
		route := &routes[i]
		name := route.Method + " " + route.Pattern
		ask := func(changes ...with) *httptest.ResponseRecorder {
			w.time.Move(time.Minute) // so that no limit is reached
			return w.ask(route.Method, pathOf(route), nil, changes...)
		}
		nobody := http.StatusUnauthorized
		if route.Method == "GET" && !route.Program {
			nobody = http.StatusSeeOther
		}
		before := fmt.Sprint(w.done)
		w.code(ask(), nobody, "%s by nobody", name)
		w.code(ask(cookie(&http.Cookie{Name: "domainsync", Value: "guessed"}), sameOrigin()), nobody, "%s with a cookie that nobody has", name)
		w.code(ask(bearer("dst_guessed")), 401, "%s with an unknown token", name)
		w.code(ask(bearer("")), 401, "%s with an empty token", name)
		w.code(ask(header("Authorization", "Basic YWRhOmRzdF9hZGE=")), nobody, "%s with another scheme", name)
		w.code(ask(bearer(tokenOf("ada")), bearer(tokenOf("root"))), 401, "%s with two tokens", name)
		w.code(ask(bearer(tokenOf("old"))), 401, "%s with an expired token", name)
		w.code(ask(bearer(tokenOf("root")), from("198.51.100.7:1")), 403, "%s over http", name)
		w.code(ask(header("X-Forwarded-User", "nobody"), from("192.0.2.1:1")), 403, "%s by a person that there is not", name)
		if after := fmt.Sprint(w.done); after != before {
			t.Fatalf("%s was served: %s", name, after)
		}
		for _, p := range w.file.People[:3] {
			may := p.Role.Permits(route.Least)
			for how, changes := range map[string][]with{
				"token":   {bearer(tokenOf(p.Name))},
				"session": {cookie(w.signIn(p.Name)), sameOrigin()},
				"proxy":   {header("X-Forwarded-User", p.Name), from("192.0.2.1:1"), sameOrigin()},
				// A proxy that asks for a password of its own has browsers send it on.
				"session behind a password": {cookie(w.signIn(p.Name)), sameOrigin(), header("Authorization", "Basic YWRhOmRzdF9hZGE=")},
				"proxy behind a password":   {header("X-Forwarded-User", p.Name), from("192.0.2.1:1"), sameOrigin(), header("Authorization", "Basic YWRhOmRzdF9hZGE=")},
				"token beside a password":   {header("Authorization", "Basic YWRhOmRzdF9hZGE="), bearer(tokenOf(p.Name))},
			} {
				if route.Pattern == access.SignOutPath {
					continue // tested on its own
				}
				count := w.done[name+" "+p.Name]
				rec := ask(changes...)
				if may && (rec.Code != 200 || w.done[name+" "+p.Name] != count+1) || !may && (rec.Code != 403 || w.done[name+" "+p.Name] != count) {
					t.Errorf("%s by %s (%s): %d %s", name, p.Name, how, rec.Code, rec.Body)
				}
				if !may && (!strings.Contains(rec.Body.String(), "the role "+string(route.Least)) || !strings.Contains(rec.Body.String(), "root")) {
					t.Errorf("%s by %s (%s) does not say what it takes, and who may: %s", name, p.Name, how, rec.Body)
				}
			}
		}
	}
}

// TestOtherSitesActForNobody sends what the page of another site can have a browser send.
func TestOtherSitesActForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file.Pages.Proxy = &fleet.Proxy{Header: "X-Forwarded-User", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	signedIn := map[string][]with{
		"a session": {cookie(w.signIn("root"))},
		"a proxy":   {header("X-Forwarded-User", "root"), from("192.0.2.1:1")},
	}
	crossing := map[string][]with{
		"Sec-Fetch-Site":            {header("Sec-Fetch-Site", "cross-site")},
		"a neighbour":               {header("Sec-Fetch-Site", "same-site")},
		"Origin alone":              {header("Origin", "https://evil.example.org")},
		"an Origin of its own port": {header("Origin", "http://example.com:8443")},
		"no origin to tell":         {header("Origin", "null")},
		"both":                      {header("Sec-Fetch-Site", "cross-site"), header("Origin", "http://example.com")},
	}
	for _, route := range w.guarded() {
		if route.Method == "GET" {
			continue
		}
		for by, changes := range signedIn {
			for how, crossed := range crossing {
				before := fmt.Sprint(w.done)
				rec := w.ask(route.Method, pathOf(&route), nil, slices.Concat(changes, crossed)...)
				if rec.Code != 403 || fmt.Sprint(w.done) != before {
					t.Errorf("%s %s with %s, %s: %d", route.Method, route.Pattern, by, how, rec.Code)
				}
			}
			if route.Pattern == access.SignOutPath {
				continue
			}
			for how, own := range map[string][]with{"Sec-Fetch-Site": {sameOrigin()}, "Origin alone": {header("Origin", "http://example.com")}} {
				w.code(w.ask(route.Method, pathOf(&route), nil, slices.Concat(changes, own)...), 200, "%s %s with %s, by its own page (%s)", route.Method, route.Pattern, by, how)
			}
		}
		if route.Pattern != access.SignOutPath {
			w.code(w.ask(route.Method, pathOf(&route), nil, bearer(tokenOf("root")), header("Origin", "https://evil.example.org")), 200, "%s %s with a token, which no browser adds by itself", route.Method, route.Pattern)
		}
	}
	w.code(w.post("/signin", url.Values{"token": {tokenOf("ada")}}, header("Sec-Fetch-Site", "cross-site")), 403, "a sign-in by another site")
}

// TestProxyIsBelievedFromItsAddressAlone.
func TestProxyIsBelievedFromItsAddressAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	says := header("X-Forwarded-User", "root")
	w.code(w.ask("GET", "/", nil, says), 303, "without a proxy in the file")
	w.file.Pages.Proxy = &fleet.Proxy{Header: "X-Forwarded-User", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")}}
	for address, code := range map[string]int{
		"192.0.2.1:1": 200, "192.0.2.255:1": 200, "[2001:db8::1]:1": 200, "[::ffff:192.0.2.1]:1": 200,
		"127.0.0.1:1": 303, "192.0.3.1:1": 303, "[2001:db8::2]:1": 303, "[::1]:1": 303, "@": 303, "": 303, "192.0.2.1": 303,
	} {
		w.log.Reset()
		w.code(w.ask("GET", "/", nil, says, from(address)), code, "from %q", address)
		if ignored := strings.Contains(w.log.String(), "was ignored"); ignored != (code != 200) || ignored && !strings.Contains(w.log.String(), "says=root") {
			t.Errorf("from %q the log has %s", address, w.log.String())
		}
	}
	proxy := from("192.0.2.1:1")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-For", "192.0.2.1"), header("X-Real-Ip", "192.0.2.1"), header("Forwarded", "for=192.0.2.1"), says, from("198.51.100.7:1")), 303, "from an address that says it is another")
	w.code(w.ask("GET", "/", nil, says, says, proxy), 400, "twice")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-User", "vic"), says, proxy), 400, "two persons")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-User", ""), proxy), 400, "nobody")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-User", "vic, root"), proxy), 403, "two persons in one")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-User", "\u212Aim"), proxy), 403, "a name that looks like another")
	w.code(w.ask("GET", "/", nil, proxy), 303, "by a proxy that says nothing")
	w.code(w.ask("GET", "/", nil, header("X-Forwarded-User", "Ada@Example.com"), proxy), 200, "an alias")
	if w.done["GET /{$} ada"] != 1 {
		t.Errorf("the alias was somebody else: %v", w.done)
	}
	if w.done["GET /{$} root"] != 4 {
		t.Errorf("root was served: %v", w.done)
	}
	// Whom the proxy names is who acts, whatever else a browser sends.
	w.code(w.ask("POST", "/jobs/corp/pause", nil, header("X-Forwarded-User", "vic"), proxy, bearer(tokenOf("root")), sameOrigin()), 403, "a person with the token of another one")
	w.file.Pages.Proxy.Header = ""
	w.code(w.ask("GET", "/", nil, says, proxy), 303, "from a proxy that has nobody sign in")
}

// TestSessionEndsWithWhatItRestsOn: what a session may do is what the file says now.
func TestSessionEndsWithWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change      func(*world, *http.Cookie)
		look, pause int
	}{
		"nothing":        {func(*world, *http.Cookie) {}, 200, 200},
		"a lesser role":  {func(w *world, _ *http.Cookie) { w.file.People[1].Role = fleet.Approver }, 200, 403},
		"the least role": {func(w *world, _ *http.Cookie) { w.file.People[1].Role = fleet.Viewer }, 200, 403},
		"no role":        {func(w *world, _ *http.Cookie) { w.file.People[1].Role = "" }, 403, 403},
		"out of the file": {func(w *world, _ *http.Cookie) {
			w.file = &fleet.File{People: w.file.People[:1], Pages: w.file.Pages}
		}, 303, 401},
		"another token":  {func(w *world, _ *http.Cookie) { w.file.People[1].Tokens[0].Hash = fleet.HashOfToken("dst_new") }, 303, 401},
		"no token":       {func(w *world, _ *http.Cookie) { w.file.People[1].Tokens = nil }, 303, 401},
		"an expired one": {func(w *world, _ *http.Cookie) { w.file.People[1].Tokens[0].Expires = begin }, 303, 401},
		"a token passed on to another person": {func(w *world, _ *http.Cookie) {
			w.file.People[0].Tokens, w.file.People[1].Tokens = w.file.People[1].Tokens, nil
		}, 303, 401},
		"another name":         {func(w *world, _ *http.Cookie) { w.file.People[1].Name = "admin" }, 303, 401},
		"a late hour":          {func(w *world, _ *http.Cookie) { w.time.Move(time.Hour) }, 303, 401},
		"in time":              {func(w *world, _ *http.Cookie) { w.time.Move(time.Hour - time.Second) }, 200, 200},
		"signed out":           {func(w *world, c *http.Cookie) { w.post("/signout", nil, cookie(c), sameOrigin()) }, 303, 401},
		"signed in as another": {func(w *world, c *http.Cookie) { w.signIn("vic", cookie(c), sameOrigin()) }, 303, 401},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.signIn("root")
			w.code(w.ask("POST", "/jobs/corp/pause", nil, cookie(c), sameOrigin()), 200, "before")
			test.change(w, c)
			w.code(w.ask("GET", "/", nil, cookie(c), sameOrigin()), test.look, "a look")
			w.code(w.ask("POST", "/jobs/corp/pause", nil, cookie(c), sameOrigin()), test.pause, "an act")
		})
	}
}

// TestASessionThatEndedComesNotBack: a token that is taken again begins no former session.
func TestASessionThatEndedComesNotBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("root")
	tokens := w.file.People[1].Tokens
	w.file.People[1].Tokens = nil
	w.code(w.ask("GET", "/", nil, cookie(c)), 303, "without the token")
	w.file.People[1].Tokens = tokens
	w.code(w.ask("GET", "/", nil, cookie(c)), 303, "with the token again")
}

// TestCookieOfASession: its ID is new, whatever the browser had, and it goes nowhere else.
func TestCookieOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file.Pages.Proxy = &fleet.Proxy{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	plain := w.signIn("ada")
	https := w.signIn("ada", from("192.0.2.1:1"), header("X-Forwarded-Proto", "https"))
	for c, want := range map[*http.Cookie]struct {
		name   string
		secure bool
	}{plain: {"domainsync", false}, https: {"__Host-domainsync", true}} {
		if c.Name != want.name || c.Secure != want.secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 3600 || len(c.Value) != 43 {
			t.Errorf("the cookie is %+v", c)
		}
	}
	fixed := w.signIn("ada", cookie(&http.Cookie{Name: "domainsync", Value: "chosen-by-another"}))
	if fixed.Value == "chosen-by-another" || fixed.Value == plain.Value {
		t.Errorf("the ID is %s", fixed.Value)
	}
	w.code(w.ask("GET", "/", nil, cookie(&http.Cookie{Name: "domainsync", Value: "chosen-by-another"})), 303, "an ID that another chose")
	// A cookie that came over http is none over https, where somebody could have set it.
	w.code(w.ask("GET", "/", nil, cookie(plain), from("192.0.2.1:1"), header("X-Forwarded-Proto", "https")), 303, "the cookie of http over https")
	w.code(w.ask("GET", "/", nil, cookie(https), from("192.0.2.1:1"), header("X-Forwarded-Proto", "https")), 200, "the cookie of https")
	w.code(w.ask("GET", "/", nil, cookie(plain), from("198.51.100.7:1")), 403, "a cookie that anybody could read on its way")
	out := w.post("/signout", nil, cookie(plain), sameOrigin()).Result().Cookies()
	if len(out) != 1 || out[0].MaxAge >= 0 || out[0].Value != "" {
		t.Errorf("signing out sets %v", out)
	}
}

// TestSignInTellsNothing: whatever is wrong with a token, the answer is the same.
func TestSignInTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expired := person("old", fleet.Admin)
	expired.Tokens[0].Expires = begin
	w.file.People = append(w.file.People, expired)
	var first string
	for _, token := range []string{"dst_guessed", tokenOf("old"), "", "ada", fleet.HashOfToken(tokenOf("ada")).String(), strings.Repeat("x", 4000), "dst_ad\x00a", "<script>alert(1)</script>\r\nSet-Cookie: x=y"} {
		w.time.Move(time.Minute)
		rec := w.post("/signin", url.Values{"token": {token}, "to": {"/jobs/corp"}})
		if first == "" {
			first = rec.Body.String()
		}
		if rec.Code != 401 || rec.Body.String() != first || len(rec.Result().Cookies()) > 0 {
			t.Errorf("%q: %d %s", token, rec.Code, rec.Body)
		}
	}
	if !strings.Contains(w.log.String(), "the token of old has expired") || !strings.Contains(w.log.String(), "nobody has the token") || strings.Contains(w.log.String(), "dst_") {
		t.Errorf("the log has\n%s", w.log.String())
	}
}

// TestWrongTokensAreLimited: of each address, and in all, in forms and in headers alike.
func TestWrongTokensAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file.Pages.Proxy = &fleet.Proxy{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	client := func(address string) with { return header("X-Forwarded-For", "203.0.113.1, "+address) }
	wrong := func(address string) int {
		return w.post("/signin", url.Values{"token": {"dst_wrong"}}, client(address)).Code
	}
	for i := range 10 {
		if i%2 == 0 {
			w.code(w.ask("GET", "/api/v1/jobs", nil, bearer("dst_wrong"), client("198.51.100.7")), 401, "try %d", i)
		} else if code := wrong("198.51.100.7"); code != 401 {
			t.Fatalf("try %d: %d", i, code)
		}
	}
	rec := w.post("/signin", url.Values{"token": {tokenOf("ada")}}, client("198.51.100.7"))
	if w.code(rec, 429, "the right one after ten wrong ones"); rec.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(tokenOf("ada")), client("198.51.100.7")), 429, "the right one in a header")
	w.code(w.post("/signin", url.Values{"token": {tokenOf("ada")}}, client("198.51.100.8")), 303, "another address")
	w.time.Move(6 * time.Second)
	w.code(w.post("/signin", url.Values{"token": {tokenOf("ada")}}, client("198.51.100.7")), 303, "after a while")
	for i := range 2 {
		for n := range 6 {
			if code := wrong(fmt.Sprintf("2001:db8:%d::%d", i, n)); code != 401 {
				t.Fatalf("a first try: %d", code)
			}
		}
	}
	for n := range 4 {
		wrong(fmt.Sprintf("2001:db8:1::ff%d", n))
	}
	if code := wrong("2001:db8:1::abcd"); code != 429 {
		t.Errorf("another address of the same network of IPv6: %d", code)
	}
	last := 0
	for n := range 400 {
		last = wrong(fmt.Sprintf("10.1.%d.%d", n/250, n%250))
	}
	if last != 429 {
		t.Errorf("after hundreds of tries of many: %d", last)
	}
	w.code(w.ask("GET", "/healthz", nil), 200, "health")
	w.time.Move(time.Minute)
	if code := wrong("10.9.9.9"); code != 401 {
		t.Errorf("a minute later: %d", code)
	}
}

// TestWrongTokensLockOutNobodyElse: whoever shares the address of somebody who tries wrong
// tokens, such as an office or a proxy, is let in with a right one that was made for them.
// One that somebody has made up could be guessed, and is not looked at.
func TestWrongTokensLockOutNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := fleet.NewToken()
	w.file.People[0].Tokens = append(w.file.People[0].Tokens, fleet.Token{Hash: fleet.HashOfToken(made), Expires: begin.AddDate(0, 0, 7)})
	for range 400 { // as many as all together may try, too
		w.ask("GET", "/api/v1/jobs", nil, bearer(fleet.NewToken()))
	}
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(fleet.NewToken())), 429, "one more wrong token")
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(made)), 200, "a right one in a header")
	w.code(w.post("/signin", url.Values{"token": {made}}), 303, "a right one in the form")
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(tokenOf("ada"))), 429, "a right one that could be guessed")
	w.time.Move(7 * 24 * time.Hour)
	for range 20 {
		w.ask("GET", "/api/v1/jobs", nil, bearer(fleet.NewToken()))
	}
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(made)), 429, "one that has expired")
}

// TestTriesAtOnceAreLimited: many at the same moment are no more than one after another.
func TestTriesAtOnceAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	codes := make(chan int, 100)
	for range 100 {
		group.Go(func() { codes <- w.post("/signin", url.Values{"token": {"dst_wrong"}}).Code })
	}
	group.Wait()
	close(codes)
	count := make(map[int]int)
	for code := range codes {
		count[code]++
	}
	if count[401] != 10 || count[429] != 90 {
		t.Errorf("answers are %v", count)
	}
}

// TestSignedInBrowsersAreNotLimited: nobody is locked out by what others try.
func TestSignedInBrowsersAreNotLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("ada")
	for range 20 {
		w.post("/signin", url.Values{"token": {"dst_wrong"}})
	}
	w.code(w.ask("GET", "/", nil, cookie(c)), 200, "a browser that is signed in")
}

// TestAfterSigningInPeopleStayHere: a form sends nobody to another site.
func TestAfterSigningInPeopleStayHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for to, want := range map[string]string{
		"/jobs/corp?done=ask": "/jobs/corp?done=ask", "/runs/1": "/runs/1", "": "/", "/": "/",
		"//evil.example.org": "/", "https://evil.example.org/": "/", `/\evil.example.org`: "/", `\\evil.example.org`: "/", "javascript:alert(1)": "/",
		"evil.example.org": "/", "/%0d%0aSet-Cookie:x=y": "/%0d%0aSet-Cookie:x=y", "/x\r\nSet-Cookie: x=y": "/", "/\t/evil.example.org": "/", "///evil.example.org": "/", "/.//evil.example.org": "/evil.example.org",
		"http:/evil.example.org": "/", "//user@evil.example.org/": "/", "/%2F/evil.example.org": "/",
	} {
		rec := w.post("/signin", url.Values{"token": {tokenOf("ada")}, "to": {to}})
		if got := rec.Header().Get("Location"); rec.Code != 303 || got != want || rec.Header().Get("Set-Cookie") == "" {
			t.Errorf("%q leads to %q, want %q (%d)", to, got, want, rec.Code)
		}
	}
	rec := w.ask("GET", "/jobs/corp?a=b&c=d", nil)
	if got := rec.Header().Get("Location"); got != "/signin?to=%2Fjobs%2Fcorp%3Fa%3Db%26c%3Dd" {
		t.Errorf("who has not signed in is led to %q", got)
	}
	rec = w.ask("GET", `/signin?to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E`, nil)
	if strings.Contains(rec.Body.String(), "<script>") || rec.Code != 200 {
		t.Errorf("the form has %s", rec.Body)
	}
}

// TestTokensAreTakenWhereNobodyReadsThem.
func TestTokensAreTakenWhereNobodyReadsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file.Pages.Proxy = &fleet.Proxy{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	encrypted := func(r *http.Request) { r.TLS = &tls.ConnectionState{HandshakeComplete: true} }
	form := url.Values{"token": {tokenOf("ada")}}
	for how, test := range map[string]struct {
		changes []with
		code    int
	}{
		"here":                       {[]with{from("127.0.0.1:1")}, 303},
		"here by IPv6":               {[]with{from("[::1]:1")}, 303},
		"http":                       {[]with{from("198.51.100.7:1")}, 403},
		"http that says it is https": {[]with{from("198.51.100.7:1"), header("X-Forwarded-Proto", "https")}, 403},
		"https":                      {[]with{from("198.51.100.7:1"), encrypted}, 303},
		"the proxy":                  {[]with{from("192.0.2.1:1"), header("X-Forwarded-Proto", "https")}, 303},
	} {
		w.code(w.post("/signin", form, test.changes...), test.code, "%s", how)
		if test.code == 403 {
			rec := w.ask("GET", "/signin", nil, test.changes...)
			if w.code(rec, 403, "the form over %s", how); strings.Contains(rec.Body.String(), "<form") {
				t.Errorf("%s: the form is shown", how)
			}
		}
	}
	if hsts := w.ask("GET", "/healthz", nil, encrypted).Header().Get("Strict-Transport-Security"); hsts == "" {
		t.Error("over https browsers are not told to stay there")
	}
	if hsts := w.ask("GET", "/healthz", nil).Header().Get("Strict-Transport-Security"); hsts != "" {
		t.Errorf("over http browsers are told %q", hsts)
	}
}

// TestHeadersOfEveryAnswer, of what is refused and of what there is not, too.
func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("root")
	var answers []*httptest.ResponseRecorder
	for _, route := range w.guard.Routes() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS"} {
			answers = append(answers, w.ask(method, pathOf(&route), nil), w.ask(method, pathOf(&route), nil, cookie(c), sameOrigin()))
		}
	}
	answers = append(answers, w.ask("GET", "/none", nil), w.ask("GET", "/jobs/../../etc/passwd", nil), w.ask("GET", "//evil.example.org/", nil))
	for _, rec := range answers {
		head := rec.Header()
		policy := head.Get("Content-Security-Policy")
		if head.Get("Cache-Control") != "no-store" || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "same-origin" ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%d has %v", rec.Code, head)
		}
		if location := head.Get("Location"); strings.HasPrefix(location, "//") || strings.Contains(location, "://") {
			t.Errorf("it leads to %q", location)
		}
	}
}

// TestNothingElseIsServed: only the methods and paths of the table.
func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("root")
	for _, line := range []string{
		"GET /none", "POST /", "PUT /jobs/corp", "DELETE /jobs/corp", "TRACE /", "CONNECT /", "GET /jobs/corp/run", "GET /jobs/corp/pause", "GET /signout",
		"GET /debug/pprof/", "GET /api", "GET /api/v1", "POST /jobs/a/b/run", "GET /metrics/", "GET /jobs/", "OPTIONS /jobs/corp/run",
	} {
		method, path, _ := strings.Cut(line, " ")
		before := fmt.Sprint(w.done)
		if rec := w.ask(method, path, nil, cookie(c), sameOrigin()); rec.Code != 404 && rec.Code != 405 || fmt.Sprint(w.done) != before {
			t.Errorf("%s: %d", line, rec.Code)
		}
	}
}

// TestLargeBodiesAreRefused, by whoever sends them.
func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := func(n int) io.Reader { return io.LimitReader(endless{}, int64(n)) }
	form := header("Content-Type", "application/x-www-form-urlencoded")
	w.code(w.ask("POST", "/signin", large(9<<10), form), 413, "a form to sign in")
	w.code(w.ask("POST", "/jobs/corp/run", large(65<<10), bearer(tokenOf("ada"))), 413, "an act")
	w.code(w.ask("POST", "/jobs/corp/run", large(60<<10), bearer(tokenOf("ada"))), 200, "an act that is within bounds")
	w.code(w.ask("POST", "/signin", strings.NewReader("token=%zz"), form), 400, "a form that is none")
	r := &counted{Reader: large(100 << 20)}
	w.code(w.ask("POST", "/jobs/corp/run", r), 401, "a large body by nobody")
	if r.read > 0 {
		t.Errorf("%d bytes of nobody's were read", r.read)
	}
}

// endless reads as letters.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// counted counts what is read.
type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// TestLogIsInert: names and paths write no line of their own.
func TestLogIsInert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file.Pages.Proxy = &fleet.Proxy{Header: "X-Forwarded-User", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	hostile := "ada\nlevel=ERROR msg=forged \x1b[31m\u202e" + strings.Repeat("x", 5000)
	rec := w.ask("GET", "/", nil, func(r *http.Request) { r.Header["X-Forwarded-User"] = []string{hostile} }, from("192.0.2.1:1"))
	if body := rec.Body.String(); rec.Code != 403 || strings.ContainsAny(body, "\x1b\u202e") || len(body) > 2000 {
		t.Errorf("the page has %q", body)
	}
	w.ask("GET", "/", nil, func(r *http.Request) { r.Header["X-Forwarded-User"] = []string{hostile} })
	w.ask("POST", "/jobs/x%0Alevel=ERROR%20msg=forged%1b%5b31m/run", nil, bearer(tokenOf("ada")))
	w.ask("POST", "/jobs/x%0Alevel=ERROR%20msg=forged/pause", nil, bearer(tokenOf("ada")))
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, "level=ERROR") && strings.HasPrefix(line, "level=ERROR") || !strings.HasPrefix(line, "time=") || strings.ContainsAny(line, "\x1b\u202e\r") || len(line) > 1500 {
			t.Errorf("the log has the line %q", line)
		}
	}
	if !strings.Contains(w.log.String(), "a person has acted") {
		t.Errorf("no act was logged: %s", w.log.String())
	}
}

// TestSignInIsRecorded: with the person, and from where.
func TestSignInIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("ada")
	w.post("/signin", url.Values{"token": {"dst_wrong"}})
	w.code(w.post("/signout", nil, cookie(c), sameOrigin()), 303, "signing out")
	acts, err := w.table.Acts(t.Context(), fleet.ActQuery{})
	if err != nil || len(acts) != 2 || acts[1].Deed != fleet.DeedSignIn || acts[0].Deed != fleet.DeedSignOut || acts[1].By != "ada" || acts[1].Detail != "from 127.0.0.1" {
		t.Errorf("acts are %+v, %v", acts, err)
	}
	if log := w.log.String(); !strings.Contains(log, "a person has signed in") || !strings.Contains(log, "a request was refused") || strings.Contains(log, "dst_") || strings.Contains(log, c.Value) {
		t.Errorf("the log has\n%s", log)
	}
}

// TestWithoutTheTableNobodyIsLetIn.
func TestWithoutTheTableNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.signIn("root")
	if err := w.table.Close(); err != nil {
		t.Fatal(err)
	}
	rec := w.ask("GET", "/", nil, cookie(c))
	if w.code(rec, 503, "a look"); strings.Contains(rec.Body.String(), "sql") || strings.Contains(rec.Body.String(), "/tmp") {
		t.Errorf("it tells %s", rec.Body)
	}
	if rec := w.post("/signin", url.Values{"token": {tokenOf("ada")}}); rec.Code != 503 || len(rec.Result().Cookies()) > 0 {
		t.Errorf("signing in: %d %v", rec.Code, rec.Result().Cookies())
	}
	w.code(w.ask("GET", "/api/v1/jobs", nil, bearer(tokenOf("vic"))), 200, "a token, which needs no table")
}

// TestMetricsAreForWhomTheFileSays.
func TestMetricsAreForWhomTheFileSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.code(w.ask("GET", "/metrics", nil), 200, "unless the file says otherwise")
	w.file.Pages.Metrics = fleet.Approver
	w.code(w.ask("GET", "/metrics", nil, bearer(tokenOf("vic"))), 403, "with a lesser role")
	w.code(w.ask("GET", "/metrics", nil, bearer(tokenOf("ada"))), 200, "with the role")
	if rec := w.ask("GET", "/metrics", nil); rec.Code == 200 {
		t.Error("without a token they are told")
	}
	w.code(w.ask("GET", "/healthz", nil), 200, "health")
}

// TestRoutesWithoutARoleAreRefused: one that was forgotten is not served to anyone.
func TestRoutesWithoutARoleAreRefused(t *testing.T) {
	t.Parallel()
	h := http.NotFoundHandler()
	for _, route := range []access.Route{
		{Method: "GET", Pattern: "/x", Handler: h},
		{Method: "GET", Pattern: "/x", Handler: h, Least: "owner"},
		{Pattern: "/x", Handler: h, Least: fleet.Viewer},
		{Method: "GET", Pattern: "/x", Least: fleet.Viewer},
		{Method: "GET", Pattern: "/signin", Handler: h, Least: fleet.Viewer},
		{Method: "GET", Pattern: "x{", Handler: h, Least: fleet.Viewer},
	} {
		if _, err := access.New(access.Options{}, []access.Route{route}); err == nil {
			t.Errorf("%+v is served", route)
		}
	}
}
