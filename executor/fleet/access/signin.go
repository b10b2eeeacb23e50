package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/domainsync/domainsync/executor/fleet"
)

// Where people sign in and out.
const (
	SignInPath  = "/signin"
	SignOutPath = "/signout"
)

// The fields of the form that people sign in with.
const (
	TokenField = "token"
	ToField    = "to" // where they wanted to go
)

// signInBody is how many bytes that form may have.
const signInBody = 8 << 10

// ownRoutes are those of the guard itself.
func (g *Guard) ownRoutes() []Route {
	return []Route{
		{Method: "GET", Pattern: SignInPath, Least: Anyone, Handler: http.HandlerFunc(g.showSignIn)},
		{Method: "POST", Pattern: SignInPath, Least: Anyone, Handler: http.HandlerFunc(g.signIn), Body: signInBody},
		{Method: "POST", Pattern: SignOutPath, Least: fleet.Viewer, Handler: http.HandlerFunc(g.signOut)},
	}
}

// showSignIn shows the form, or where somebody wanted to go who is signed in.
func (g *Guard) showSignIn(w http.ResponseWriter, r *http.Request) {
	to := localPath(r.URL.Query().Get(ToField))
	if _, err := g.identify(r); err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	if c := callerOf(r, g.File()); !c.private() {
		g.refuse(&Route{}, w, r, insecure(&c))
		return
	}
	g.View.SignIn(w, r, SignIn{To: to})
}

// signIn takes a token, and begins a session of whose it is.
func (g *Guard) signIn(w http.ResponseWriter, r *http.Request) {
	f := g.File()
	c := callerOf(r, f)
	person, token, err := g.checkSignIn(f, c, r)
	if err == nil {
		err = g.beginSession(w, r, f, c, person, token)
	}
	to := localPath(r.PostForm.Get(ToField))
	if refused, ok := errors.AsType[*refusal](err); ok && refused.status == http.StatusUnauthorized {
		g.logRefusal(r, refused)
		g.View.SignIn(w, r, SignIn{To: to, Wrong: refused.text})
		return
	}
	if err != nil {
		g.refuse(&Route{}, w, r, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// checkSignIn returns whose token a form has.
func (g *Guard) checkSignIn(f *fleet.File, c caller, r *http.Request) (*fleet.Person, fleet.TokenHash, error) {
	if !c.private() {
		return nil, fleet.TokenHash{}, insecure(&c)
	}
	if err := g.forgery.Check(r); err != nil {
		return nil, fleet.TokenHash{}, &refusal{status: http.StatusForbidden, code: "cross_site", headline: "This came from another site", text: "Another page has sent this, not one of this site: nobody was signed in.", why: err.Error(), from: c.client}
	}
	if err := r.ParseForm(); err != nil {
		return nil, fleet.TokenHash{}, unreadable(err, c)
	}
	token := strings.TrimSpace(r.PostForm.Get(TokenField))
	person, err := g.tryToken(f, token, c)
	return person, fleet.HashOfToken(token), err
}

// unreadable refuses a form that cannot be read.
func unreadable(err error, c caller) *refusal {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &refusal{status: http.StatusRequestEntityTooLarge, code: "too_large", headline: "Too large", text: "What was sent is larger than this can be.", why: err.Error(), from: c.client}
	}
	return &refusal{status: http.StatusBadRequest, code: "bad_request", headline: "Not understood", text: "What was sent is no form.", why: err.Error(), from: c.client}
}

// beginSession begins a session under an ID that nobody has known before, and ends the
// one that the browser has had.
func (g *Guard) beginSession(w http.ResponseWriter, r *http.Request, f *fleet.File, c caller, person *fleet.Person, token fleet.TokenHash) error {
	if before, err := r.Cookie(cookieName(c.secure)); err == nil {
		if err := g.Sessions.EndSession(r.Context(), sha256.Sum256([]byte(before.Value))); err != nil {
			return err
		}
	}
	var secret [32]byte
	rand.Read(secret[:]) // it never fails (crypto/rand)
	value := base64.RawURLEncoding.EncodeToString(secret[:])
	now := g.Clock.Now()
	err := g.Sessions.BeginSession(r.Context(), fleet.Session{ID: sha256.Sum256([]byte(value)), Person: person.Name, Token: token, Began: now, Until: now.Add(f.Pages.Session)})
	if err == nil {
		err = g.Record(r.Context(), fleet.Act{By: person.Name, Deed: fleet.DeedSignIn, Detail: "from " + c.client.String()})
	}
	if err != nil {
		return err
	}
	g.Log.Info("a person has signed in", "person", person.Name, "role", person.Role, "from", c.client)
	http.SetCookie(w, sessionCookie(c.secure, value, int(f.Pages.Session.Seconds())))
	return nil
}

// signOut ends the session.
func (g *Guard) signOut(w http.ResponseWriter, r *http.Request) {
	who := r.Context().Value(identityKey{}).(*identity)
	if who.session == nil {
		g.refuse(&Route{}, w, r, &refusal{status: http.StatusConflict, code: "no_session", headline: "You have not signed in here", text: "The proxy says who you are, or your token does: sign out there.", why: "there is no session", who: who})
		return
	}
	err := g.Sessions.EndSession(r.Context(), who.session.ID)
	if err == nil {
		err = g.Record(r.Context(), fleet.Act{By: who.person.Name, Deed: fleet.DeedSignOut, Detail: "from " + who.caller.client.String()})
	}
	if err != nil {
		g.refuse(&Route{}, w, r, err)
		return
	}
	http.SetCookie(w, sessionCookie(who.caller.secure, "", -1))
	http.Redirect(w, r, SignInPath, http.StatusSeeOther)
}

// cookieName is that of the session. A browser takes one that begins with __Host- over
// https alone, for this host alone, and from no other host beside it.
func cookieName(secure bool) string {
	if secure {
		return "__Host-domainsync"
	}
	return "domainsync"
}

// sessionCookie is the cookie of a session.
func sessionCookie(secure bool, value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: cookieName(secure), Value: value, Path: "/", MaxAge: seconds, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// localPath returns a path of this site, and nothing that leads elsewhere.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}
