package simulator

import (
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Mail is a mail that the service would have sent.
type Mail struct {
	Address string    `json:"address"`
	Subject string    `json:"subject"`
	Token   string    `json:"token,omitempty"` // what its link hands in; "": it has none
	Time    time.Time `json:"time"`
}

// Mail returns the mails that would have been sent, oldest first.
func (s *Simulator) Mail() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return slices.Clone(s.mail)
}

// send puts a mail into the mailbox and returns its token.
func (s *Simulator) send(address, subject string, at time.Time) (token string) {
	token = s.plainID(at)
	s.mail = append(s.mail, Mail{Address: address, Subject: subject, Token: token, Time: at})
	return token
}

// notify puts a mail into the mailbox that asks for nothing.
func (s *Simulator) notify(address, subject string, at time.Time) {
	s.mail = append(s.mail, Mail{Address: address, Subject: subject, Time: at})
}

// plainID returns an ID without dashes.
func (s *Simulator) plainID(now time.Time) string { return strings.ReplaceAll(s.uuid(now), "-", "") }

// isAddress reports whether a text is a mail address of a host with a dot in
// it, and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text {
		return false
	}
	_, host, _ := strings.Cut(text, "@")
	return strings.Contains(strings.Trim(host, "."), ".")
}
