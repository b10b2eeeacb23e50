package pages

import (
	"net/http"

	"github.com/domainsync/domainsync/internal/webpage"
)

// A SignIn is the form with which people sign in.
type SignIn struct {
	Action     string // where it is sent
	TokenField string // what the token is called
	Hidden     []webpage.Field
	Wrong      string // with what was sent before; "": nothing
}

// SignIn shows the form with which people sign in.
func (s *Site) SignIn(w http.ResponseWriter, r *http.Request, f SignIn) {
	p := s.begin(r)
	p.view.Thing = "sign in"
	status, tone := http.StatusOK, webpage.Calm
	if f.Wrong != "" {
		status, tone = http.StatusUnauthorized, webpage.Alarm
	}
	p.show("signin", "Sign in with your token", tone, f)
	p.write(w, status)
}

// Refuse says why somebody does not get what they have asked for.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, status int, headline, text string) {
	p := s.begin(r)
	p.show("problem", headline, webpage.Alarm, text)
	p.write(w, status)
}
