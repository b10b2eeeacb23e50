package access

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// A refusal is why a request is not served.
type refusal struct {
	status         int
	code           string // for programs
	headline, text string // for whoever asks: it tells nothing of others
	why            string // for the log
	needs          fleet.Role
	wait           time.Duration // until it may be tried again; 0: at any time
	who            *identity     // nil: nobody knows
	from           netip.Addr
}

// Error is for the log.
func (r *refusal) Error() string { return r.why }

// A Problem is what a program is told that is refused something.
type Problem struct {
	// Code is one word, such as "forbidden".
	Code    string `json:"code"`
	Message string `json:"message"`
	// Needs is the role that it takes at least, where that is why.
	Needs fleet.Role `json:"needs,omitempty"`
}

// WriteProblem tells a program why it does not get what it asked for.
func WriteProblem(w http.ResponseWriter, status int, p any) {
	data, err := json.Marshal(map[string]any{"error": p})
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(data, '\n')) //nolint:errcheck // who has gone meanwhile misses nothing
}

// refuse answers to a request that is not served.
func (g *Guard) refuse(route *Route, w http.ResponseWriter, r *http.Request, err error) {
	refused, ok := errors.AsType[*refusal](err)
	nobody := errors.Is(err, errNobody)
	switch {
	case ok:
		g.logRefusal(r, refused)
	case nobody:
		refused = &refusal{status: http.StatusUnauthorized, code: "unauthorized", headline: "Not signed in", text: "Sign in first: your session has ended, or there was none."}
	default:
		g.Log.Error("who sends a request could not be found out", "error", err)
		refused = &refusal{status: http.StatusServiceUnavailable, code: "unavailable", headline: "Not now", text: "The table of the fleet cannot be read. The log says why."}
	}
	if refused.who != nil {
		r = sentBy(r, refused.who) // whoever has signed in stays on a page of theirs
	}
	if refused.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(refused.wait.Seconds())))
	}
	if refused.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="domainsync"`)
	}
	switch {
	case route.Program || len(bearerOf(r)) > 0:
		WriteProblem(w, refused.status, Problem{Code: refused.code, Message: refused.text, Needs: refused.needs})
	case nobody && isSafe(r.Method):
		http.Redirect(w, r, SignInPath+"?"+url.Values{ToField: {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
	default:
		g.View.Refuse(w, r, Refusal{Status: refused.status, Headline: refused.headline, Text: refused.text})
	}
}

// logRefusal logs why a request is not served. One that comes too often is not worth a
// line each time.
func (g *Guard) logRefusal(r *http.Request, refused *refusal) {
	log := g.Log.Warn
	if refused.wait > 0 {
		log = g.Log.Debug
	}
	args := []any{"why", refused.why, "method", told(r.Method), "path", told(r.URL.Path)}
	if who := refused.who; who != nil {
		args = append(args, "person", who.person.Name, "by", who.way, "from", who.caller.client)
	} else {
		args = append(args, "from", refused.from)
	}
	log("a request was refused", args...)
}

// setHeaders sets what every answer has. A handler may permit more by a policy of its own.
func setHeaders(head http.Header, encrypted bool) {
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	}, "; "))
	if encrypted {
		head.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
