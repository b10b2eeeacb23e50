// Package access decides who may see a fleet over HTTP, and act on it.
//
// Everything that is served stands in one table of routes, each with the least role that
// it takes. Who sends a request is found anew each time: by a token, by a session that
// began with one, or by the header of a proxy that is believed. What a person may do is
// what the file of the fleet says at that moment.
package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"golang.org/x/time/rate"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/words"
)

// Anyone is the least role of what nobody has to sign in for. It is a word of its own, so
// that a route whose role was forgotten is refused.
const Anyone fleet.Role = "anyone"

// A Route is one thing that is served.
type Route struct {
	Method  string
	Pattern string // as [http.ServeMux] has it, without the method
	// Least is the role that it takes at least.
	Least fleet.Role
	// LeastIn is Least as the file says it; nil: it does not.
	LeastIn func(*fleet.File) fleet.Role
	Handler http.Handler
	// Program says that programs call it: what is refused is told as JSON.
	Program bool
	// Stream says that the answer goes on for as long as somebody looks on. It ends
	// when that person may do so no more.
	Stream bool
	// Body is how many bytes a request may have; 0: [UsualBody].
	Body int64
}

// UsualBody is how many bytes a request may have unless its route says otherwise.
const UsualBody = 64 << 10

// Options say what a guard goes by.
type Options struct {
	// File returns the file of the fleet that holds now.
	File     func() *fleet.File
	Sessions fleet.Sessions
	// Record keeps that somebody has signed in or out.
	Record func(context.Context, fleet.Act) error
	// View shows what the guard itself has to show; nil: plain pages.
	View  View
	Clock clock.Clock
	Log   *slog.Logger
}

// A Guard serves routes to those who may have them.
type Guard struct {
	Options
	routes  []Route
	mux     *http.ServeMux
	forgery *http.CrossOriginProtection
	limits  *limits
	// spoofed bounds how often the log says that a header was ignored.
	spoofed *rate.Limiter

	mu      sync.Mutex
	streams map[string]int // by person
}

// New returns a guard of these routes, and of those with which people sign in and out.
func New(o Options, routes []Route) (*Guard, error) {
	g := &Guard{
		Options: o, mux: http.NewServeMux(), forgery: http.NewCrossOriginProtection(),
		limits: newLimits(), spoofed: rate.NewLimiter(1, 20), streams: make(map[string]int),
	}
	if g.View == nil {
		g.View = plain{}
	}
	g.routes = append(g.ownRoutes(), routes...)
	for i := range g.routes {
		if err := g.add(&g.routes[i]); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// add serves a route. One without a role, or with a role that there is not, is refused.
func (g *Guard) add(route *Route) (err error) {
	if route.LeastIn == nil && route.Least != Anyone && !fleet.Admin.Permits(route.Least) {
		return fmt.Errorf("the route %s %s has no role", route.Method, route.Pattern)
	}
	if route.Method == "" || route.Handler == nil {
		return fmt.Errorf("the route %s has no method, or no handler", route.Pattern)
	}
	defer func() {
		if told := recover(); told != nil { // as http.ServeMux says of patterns
			err = fmt.Errorf("the route %s %s: %v", route.Method, route.Pattern, told)
		}
	}()
	g.mux.HandleFunc(route.Method+" "+route.Pattern, func(w http.ResponseWriter, r *http.Request) { g.serve(route, w, r) })
	return nil
}

// Routes returns everything that is served.
func (g *Guard) Routes() []Route { return append([]Route(nil), g.routes...) }

// ServeHTTP serves a request.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header(), r.TLS != nil)
	g.mux.ServeHTTP(w, r)
}

// serve serves a request of a route to those who may have it.
func (g *Guard) serve(route *Route, w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(route.Body, UsualBody))
	least := route.Least
	if route.LeastIn != nil {
		least = route.LeastIn(g.File())
	}
	if least == Anyone {
		route.Handler.ServeHTTP(w, r)
		return
	}
	who, err := g.identify(r)
	if err == nil {
		err = g.admit(r, who, least)
	}
	if err != nil {
		g.refuse(route, w, r, err)
		return
	}
	r = sentBy(r, who)
	switch {
	case route.Stream:
		g.stream(route, w, r, who)
	case isSafe(r.Method):
		route.Handler.ServeHTTP(w, r)
	default:
		g.act(route, w, r, who)
	}
}

// admit reports why a person may not have what takes a role.
func (g *Guard) admit(r *http.Request, who *identity, least fleet.Role) error {
	// What a browser adds to each request by itself, or a proxy, proves that the person
	// is signed in, and not that the person wants this.
	if who.way != byToken {
		if err := g.forgery.Check(r); err != nil {
			return &refusal{status: http.StatusForbidden, code: "cross_site", headline: "This came from another site", text: "Another page has sent this, not one of this site: nothing was done.", why: err.Error(), who: who}
		}
	}
	if !who.person.Role.Permits(least) {
		return lacks(who, least, g.File())
	}
	return nil
}

// personsNamed is how many persons are named who may do what somebody may not.
const personsNamed = 10

// lacks refuses what takes another role than somebody has, and says whom to ask.
func lacks(who *identity, least fleet.Role, f *fleet.File) *refusal {
	text := fmt.Sprintf("This takes the role %s, and %s has the role %s.", least, who.person.Name, who.person.Role)
	if have := f.PersonsWith(least); len(have) > 0 {
		shown := have[:min(len(have), personsNamed)]
		text += fmt.Sprintf(" Who may do it: %s.", words.List(shown, len(have)-len(shown)))
	} else {
		text += " Nobody in the file of the fleet has that role."
	}
	return &refusal{status: http.StatusForbidden, code: "forbidden", headline: "You may not do this", needs: least, who: who, text: text, why: "it takes the role " + string(least)}
}

// isSafe reports whether requests of a method change nothing.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// act serves a request that changes something, and logs what became of it.
func (g *Guard) act(route *Route, w http.ResponseWriter, r *http.Request, who *identity) {
	s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	route.Handler.ServeHTTP(s, r)
	g.Log.Info("a person has acted", "person", who.person.Name, "by", who.way, "act", route.Method+" "+route.Pattern, "path", told(r.URL.Path), "status", s.status, "from", who.caller.client)
}

// statusWriter knows with which status was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader is that of [http.ResponseWriter].
func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// identityKey is where a request's context has who sent it.
type identityKey struct{}

// sentBy returns a request that knows who sends it.
func sentBy(r *http.Request, who *identity) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), identityKey{}, who))
}

// PersonOf returns who sends a request, as the file said when it came; nil: its route is
// for anyone.
func PersonOf(ctx context.Context) *fleet.Person {
	if who, ok := ctx.Value(identityKey{}).(*identity); ok {
		return who.person
	}
	return nil
}

// SessionOf reports whether a request comes from a browser that is signed in here, which
// can sign out.
func SessionOf(ctx context.Context) bool {
	who, ok := ctx.Value(identityKey{}).(*identity)
	return ok && who.way == bySession
}

// errNobody says that nothing in a request says who sends it.
var errNobody = errors.New("nobody has signed in")
