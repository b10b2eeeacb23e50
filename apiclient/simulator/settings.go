package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Settings are what of the options can be changed while the simulator runs.
type Settings struct {
	Readings     Readings            `json:"readings"`
	RequireHosts bool                `json:"require_hosts"`
	RealName     wire.RealNameStatus `json:"real_name"`
	HistoryAfter Duration            `json:"history_after"`
	PageLimit    int                 `json:"page_limit"`
	BodyLimit    int64               `json:"body_limit"`
	// VerifiedEmails are all addresses that are verified; others are not any
	// more.
	VerifiedEmails []string `json:"verified_emails"`
}

// Validate reports the first mistake.
func (s Settings) Validate() error {
	switch {
	case !slices.Contains(s.RealName.Known(), string(s.RealName)):
		return fmt.Errorf("real_name: %q is none of %s", s.RealName, strings.Join(s.RealName.Known(), ", "))
	case s.HistoryAfter < 0:
		return errors.New("history_after: an age is not negative")
	case s.PageLimit < 1 || s.BodyLimit < 1:
		return errors.New("page_limit and body_limit: give at least 1")
	case slices.Contains(s.VerifiedEmails, ""):
		return errors.New("verified_emails: an address is empty")
	}
	return s.Readings.Validate()
}

// Settings returns what holds now.
func (s *Simulator) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return s.settings()
}

func (s *Simulator) settings() Settings {
	o := s.options
	now := Settings{
		Readings: o.Readings, RequireHosts: o.RequireHosts, RealName: o.RealName, HistoryAfter: Duration(o.HistoryAfter),
		PageLimit: o.PageLimit, BodyLimit: o.BodyLimit, VerifiedEmails: []string{},
	}
	for _, e := range s.emails.list {
		if e.verified() {
			now.VerifiedEmails = append(now.VerifiedEmails, e.Email)
		}
	}
	return now
}

// SetSettings changes the options from the next call on.
func (s *Simulator) SetSettings(to Settings) error {
	to.Readings = to.Readings.withDefaults()
	if err := to.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setSettings(to, s.advance())
	return nil
}

func (s *Simulator) setSettings(to Settings, now time.Time) {
	o := &s.options
	o.Readings, o.RequireHosts, o.RealName = to.Readings, to.RequireHosts, to.RealName
	o.HistoryAfter, o.PageLimit, o.BodyLimit = time.Duration(to.HistoryAfter), to.PageLimit, to.BodyLimit
	keep := make(map[*email]bool)
	for _, address := range to.VerifiedEmails {
		e := s.emails.find(address)
		if e == nil {
			e = s.addEmail(address, localhost, now)
		}
		if keep[e] = true; !e.verified() {
			e.verify(localhost, now)
		}
	}
	for _, e := range slices.Clone(s.emails.list) {
		if e.verified() && !keep[e] {
			s.emails.remove(e)
		}
	}
}

// localhost is where what no call did came from.
const localhost = "127.0.0.1"

// changeSettings puts the members of a JSON text over the settings; those that
// it lacks stay.
func (s *Simulator) changeSettings(change json.RawMessage) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	to := s.settings()
	d := json.NewDecoder(bytes.NewReader(change))
	d.DisallowUnknownFields()
	if err := d.Decode(&to); err != nil {
		return nil, err
	}
	to.Readings = to.Readings.withDefaults()
	if err := to.Validate(); err != nil {
		return nil, err
	}
	s.setSettings(to, now)
	return s.settings(), nil
}

func (s *Simulator) bodyLimit() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.BodyLimit
}

// MoveClock lets time pass for the account, all at once: what would have
// happened meanwhile happens. The service says the new time in its Date.
// Requests may be signed with the real time, so that they stay valid, or with
// the account's, as a client does that follows the Date.
func (s *Simulator) MoveClock(by time.Duration) error {
	if by < 0 {
		return errors.New("the account's clock goes forward only")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved += by
	s.advance()
	return nil
}

// Now returns the account's time.
func (s *Simulator) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.advance().UTC()
}

// clockSetting is the account's time, or how to move it: to a time, or by a while.
type clockSetting struct {
	Now time.Time `json:"now"`
	Add Duration  `json:"add,omitempty"`
}

func (s *Simulator) setClock(to clockSetting) (any, error) {
	by := time.Duration(to.Add)
	switch {
	case !to.Now.IsZero() && by != 0 || to.Now.IsZero() && by == 0:
		return nil, errors.New(`give a time to move to, {"now": "2027-01-01T00:00:00Z"}, or a while to move by, {"add": "24h"}`)
	case by == 0:
		by = to.Now.Sub(s.Now())
	}
	err := s.MoveClock(by)
	return clockSetting{Now: s.Now()}, err
}

// settingControls are those of settings and clock.
func (s *Simulator) settingControls(mux *http.ServeMux) {
	get(mux, "options", func() any { return s.Settings() })
	post(s, mux, "options", s.changeSettings)
	get(mux, "clock", func() any { return clockSetting{Now: s.Now()} })
	post(s, mux, "clock", s.setClock)
	s.hostileControl(mux)
	get(mux, "unknown", func() any { return s.UnknownParameters() })
}
