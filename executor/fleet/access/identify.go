package access

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
)

// A way is how somebody proved who they are.
type way string

// The ways.
const (
	byToken   way = "token"
	bySession way = "session"
	byProxy   way = "proxy"
)

// An identity is who sends a request.
type identity struct {
	person  *fleet.Person
	way     way
	caller  caller
	session *fleet.Session // nil: it is none of a browser that signed in here
}

// A caller is from where a request comes.
type caller struct {
	peer    netip.Addr // of the connection
	client  netip.Addr // where the request began, as far as it is known
	trusted bool       // the peer is a proxy that is believed
	secure  bool       // it came by https
}

// private reports whether nobody on the way reads what is sent.
func (c *caller) private() bool { return c.secure || c.trusted || c.peer.IsLoopback() }

// callerOf returns from where a request comes.
func callerOf(r *http.Request, f *fleet.File) caller {
	c := caller{secure: r.TLS != nil}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.peer = peer.Addr().Unmap().WithZone("")
	}
	c.client = c.peer
	if c.trusted = f.Pages.Proxy.Trusts(c.peer); c.trusted {
		c.client = clientBehind(f.Pages.Proxy, r, c.peer)
		c.secure = c.secure || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	}
	return c
}

// clientBehind returns from where a request came to the proxies: the last address that
// none of them has. Those before it may be invented.
func clientBehind(p *fleet.Proxy, r *http.Request, peer netip.Addr) netip.Addr {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := addressOf(strings.TrimSpace(hops[i]))
		if !ok {
			return peer
		}
		if peer = hop; !p.Trusts(hop) {
			return hop
		}
	}
	return peer
}

// addressOf reads an address, with a port or without.
func addressOf(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		var both netip.AddrPort
		both, err = netip.ParseAddrPort(text)
		address = both.Addr()
	}
	return address.Unmap().WithZone(""), err == nil
}

// identify finds out who sends a request. A proxy that is believed goes before a token,
// and a token before a session.
func (g *Guard) identify(r *http.Request) (*identity, error) {
	f := g.File()
	who := &identity{caller: callerOf(r, f)}
	if name, given, err := g.fromProxy(r, f, &who.caller); err != nil {
		return nil, err
	} else if given {
		return g.ofProxy(who, f, name)
	}
	if given := bearerOf(r); len(given) > 0 {
		return g.ofToken(who, f, given)
	}
	return g.ofSession(who, f, r)
}

// bearerOf returns the tokens that a request has in its header. What else stands there is
// for others: a proxy with a password of its own has browsers send that on.
func bearerOf(r *http.Request) (tokens []string) {
	for _, value := range r.Header.Values("Authorization") {
		if scheme, token, _ := strings.Cut(value, " "); strings.EqualFold(scheme, "Bearer") {
			tokens = append(tokens, strings.TrimSpace(token))
		}
	}
	return tokens
}

// fromProxy returns whom a proxy says to have signed in.
func (g *Guard) fromProxy(r *http.Request, f *fleet.File, c *caller) (name string, given bool, err error) {
	if f.Pages.Proxy == nil || f.Pages.Proxy.Header == "" {
		return "", false, nil
	}
	values := r.Header.Values(f.Pages.Proxy.Header)
	switch {
	case len(values) == 0:
		return "", false, nil
	case !c.trusted && !g.spoofed.AllowN(g.Clock.Now(), 1):
		return "", false, nil
	case !c.trusted:
		g.Log.Warn("a header that says who somebody is was ignored: it does not come from the proxy", "header", f.Pages.Proxy.Header, "says", told(strings.Join(values, ", ")), "from", c.peer)
		return "", false, nil
	case len(values) > 1 || values[0] == "":
		return "", false, &refusal{
			status: http.StatusBadRequest, code: "proxy_header", headline: "The proxy does not say who you are",
			text: "It sends no name, or more than one, in " + f.Pages.Proxy.Header + ".", why: "the header of the proxy has " + told(strings.Join(values, ", ")), from: c.client,
		}
	}
	return values[0], true, nil
}

// ofProxy is who a proxy says to have signed in.
func (g *Guard) ofProxy(who *identity, f *fleet.File, name string) (*identity, error) {
	who.way, who.person = byProxy, f.Person(name)
	if who.person == nil {
		return nil, &refusal{
			status: http.StatusForbidden, code: "unknown_person", headline: "Nobody knows you here", from: who.caller.client,
			text: "You have signed in as " + told(name) + ", and the file of the fleet has no person of that name or alias.", why: "the proxy says " + told(name),
		}
	}
	return who, nil
}

// ofToken is whose token a program sends.
func (g *Guard) ofToken(who *identity, f *fleet.File, given []string) (*identity, error) {
	if !who.caller.private() {
		return nil, insecure(&who.caller)
	}
	if len(given) > 1 {
		return nil, &refusal{status: http.StatusUnauthorized, code: "unauthorized", headline: "Not signed in", text: "Send one token, as Authorization: Bearer TOKEN.", why: "the header Authorization has several tokens", from: who.caller.client}
	}
	person, err := g.tryToken(f, given[0], who.caller)
	who.way, who.person = byToken, person
	return who, err
}

// tryToken returns whose a token is, within the limits of such tries. A right one that
// nobody could have guessed is taken at any time: whoever tries wrong ones locks out
// nobody who shares the address.
func (g *Guard) tryToken(f *fleet.File, token string, c caller) (*fleet.Person, error) {
	hash, now := fleet.HashOfToken(token), g.Clock.Now()
	if person := f.PersonOfToken(hash, now); person != nil && fleet.HasTokenForm(token) {
		return person, nil
	}
	var person *fleet.Person
	wait := g.limits.try(now, c.client, func() bool {
		person = f.PersonOfToken(hash, now)
		return person != nil
	})
	if wait > 0 {
		return nil, &refusal{status: http.StatusTooManyRequests, code: "too_many", headline: "Too many tries", text: "Too many tokens were wrong. Try again in a while.", wait: wait, why: "too many tries", from: c.client}
	}
	if person == nil {
		why := "nobody has the token"
		if p := f.PersonOfToken(hash, time.Time{}); p != nil {
			why = "the token of " + p.Name + " has expired"
		}
		return nil, &refusal{status: http.StatusUnauthorized, code: "unauthorized", headline: "Not signed in", text: "The token is not taken: it is wrong, it has expired, or it was taken out of the file of the fleet.", why: why, from: c.client}
	}
	return person, nil
}

// ofSession is who signed in with a browser, if what they signed in with is still theirs.
func (g *Guard) ofSession(who *identity, f *fleet.File, r *http.Request) (*identity, error) {
	cookie, err := r.Cookie(cookieName(who.caller.secure))
	if err != nil || cookie.Value == "" {
		return nil, errNobody
	}
	if !who.caller.private() { // it began where nobody could read it, and was sent here in the open
		return nil, insecure(&who.caller)
	}
	who.way = bySession
	if who.session, err = g.Sessions.Session(r.Context(), sha256.Sum256([]byte(cookie.Value))); err != nil {
		return nil, err
	}
	if who.session == nil {
		return nil, errNobody
	}
	who.person = f.PersonOfToken(who.session.Token, g.Clock.Now())
	if who.person == nil || who.person.Name != who.session.Person {
		g.Log.Info("a session was ended: its token is taken no more", "person", who.session.Person, "from", who.caller.client)
		return nil, errors.Join(errNobody, g.Sessions.EndSession(r.Context(), who.session.ID))
	}
	return who, nil
}

// insecure refuses a token that others could have read on its way.
func insecure(c *caller) *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "insecure", headline: "Not over http",
		text: "Tokens are taken over https, or from the machine itself: over http others could read them. Whoever runs this gives serve --tls-cert and --tls-key, or names the proxy before it in the pages block of the file of the fleet.",
		why:  "the connection is not encrypted", from: c.client,
	}
}

// told is a text from outside for people and logs: on one line, and not of any length.
func told(text string) string {
	const most = 200
	if len(text) > most {
		text = text[:most] + "…"
	}
	return inert.Text(text)
}
