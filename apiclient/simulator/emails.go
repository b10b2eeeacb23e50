package simulator

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	linkLifetime = 3 * 24 * time.Hour // of a verification mail
	dailyMails   = 500                // verification mails of a day
	emailPage    = 500                // entries of a page whose size the caller leaves to the service
)

// email is one address of the account.
type email struct {
	wire.EmailVerification
	token string // of its last mail; "": there is none, or it was used
}

func (e *email) verified() bool { return e.VerificationStatus == wire.EmailVerified }

// hasOpenLink reports whether the link of the last mail still leads somewhere.
func (e *email) hasOpenLink(now time.Time) bool {
	return e.token != "" && now.Sub(e.TokenSendTime) < linkLifetime
}

// emails are the addresses of the account. Their letter case does not matter.
type emails struct {
	list      []*email          // oldest first
	byAddress map[string]*email // in lower case
	day       time.Time         // on which mails were sent last, and how many
	sent      int
}

// find returns the entry of an address, nil for none.
func (e *emails) find(address string) *email { return e.byAddress[strings.ToLower(address)] }

func (e *emails) remove(m *email) {
	e.list = slices.DeleteFunc(e.list, func(other *email) bool { return other == m })
	delete(e.byAddress, strings.ToLower(m.Email))
}

// emailVerified reports whether contacts may have an address.
func (s *Simulator) emailVerified(address string) bool {
	e := s.emails.find(address)
	return e != nil && e.verified()
}

// addEmail makes an entry for an address.
func (s *Simulator) addEmail(address, clientIP string, at time.Time) *email {
	e := &email{EmailVerification: wire.EmailVerification{
		Email: address, EmailVerificationNo: s.plainID(at), UserID: s.options.AccountID,
		SendIP: clientIP, GmtCreate: at, GmtModified: at,
	}}
	if s.emails.byAddress == nil {
		s.emails.byAddress = make(map[string]*email)
	}
	s.emails.list = append(s.emails.list, e)
	s.emails.byAddress[strings.ToLower(address)] = e
	return e
}

// loadEmails adds addresses of a snapshot. An address is in the service's list
// because a mail was sent: where a snapshot does not say when, its link has
// expired.
func (s *Simulator) loadEmails(all []snapshot.Email, at time.Time) {
	for _, one := range all {
		e := s.emails.find(one.Address)
		if e == nil {
			e = s.addEmail(one.Address, "127.0.0.1", at)
		}
		if e.TokenSendTime = one.Sent; one.Sent.IsZero() && !one.Verified {
			e.TokenSendTime = at.Add(-2 * linkLifetime)
		}
		if one.Verified {
			e.verify("127.0.0.1", at)
		}
	}
}

// state returns the addresses as a snapshot has them.
func (e *emails) state() []snapshot.Email {
	all := make([]snapshot.Email, len(e.list))
	for i, one := range e.list {
		all[i] = snapshot.Email{Address: snapshot.CanonicalEmail(one.Email), Verified: one.verified(), Sent: one.TokenSendTime.UTC()}
	}
	slices.SortFunc(all, func(x, y snapshot.Email) int { return strings.Compare(x.Address, y.Address) })
	return all
}

// verify makes an address a verified one.
func (e *email) verify(clientIP string, at time.Time) {
	e.VerificationStatus, e.VerificationTime, e.ConfirmIP = wire.EmailVerified, at, clientIP
	e.token, e.GmtModified = "", at
}

// mailLink sends a verification mail. Links of earlier ones lead nowhere then.
func (s *Simulator) mailLink(c *call, e *email) {
	s.emails.sent++
	e.token = s.send(e.Email, "Verify your e-mail address", c.now)
	e.TokenSendTime, e.SendIP, e.GmtModified = c.now, c.clientIP, c.now
}

// underQuota reports whether another mail may be sent today, in the service's zone.
func (e *emails) underQuota(now time.Time) bool {
	if today := wire.Midnight(now); !today.Equal(e.day) {
		e.day, e.sent = today, 0
	}
	return e.sent < dailyMails
}

func succeeded(address string) wire.EmailResult {
	return wire.EmailResult{Email: address, Code: "Success", Message: "Success"}
}

func quotaExceeded(address string) wire.EmailResult {
	return wire.EmailResult{
		Email: address, Code: "SendTokenQuotaExceeded",
		Message: "The maximum number of attempts allowed to send the email verification link is exceeded.",
	}
}

func illegal(address string) wire.EmailResult {
	return wire.EmailResult{Email: address, Code: "ParameterIllegal", Message: "Parameter error"}
}

func (s *Simulator) submitEmails(c *call, r *wire.SubmitEmailVerificationRequest) (wire.Response, error) {
	answer := &wire.SubmitEmailVerificationResponse{Meta: c.meta()}
	for _, address := range distinct(r.Email) {
		e := s.emails.find(address)
		switch {
		case !isAddress(address):
			answer.FailList = append(answer.FailList, illegal(address))
		case e != nil && (e.verified() || e.hasOpenLink(c.now) && !r.SendIfExist):
			answer.ExistList = append(answer.ExistList, wire.EmailResult{Email: address})
		case !s.emails.underQuota(c.now):
			answer.FailList = append(answer.FailList, quotaExceeded(address))
		default:
			if e == nil {
				e = s.addEmail(address, c.clientIP, c.now)
			}
			s.mailLink(c, e)
			answer.SuccessList = append(answer.SuccessList, succeeded(address))
		}
	}
	return answer, nil
}

func (s *Simulator) resendEmails(c *call, r *wire.ResendEmailVerificationRequest) (wire.Response, error) {
	answer := &wire.ResendEmailVerificationResponse{Meta: c.meta()}
	for _, address := range distinct(r.Email) {
		e := s.emails.find(address)
		switch {
		case e == nil || e.verified():
			answer.FailList = append(answer.FailList, illegal(address))
		case !s.emails.underQuota(c.now):
			answer.FailList = append(answer.FailList, quotaExceeded(address))
		default:
			s.mailLink(c, e)
			answer.SuccessList = append(answer.SuccessList, succeeded(address))
		}
	}
	return answer, nil
}

func (s *Simulator) deleteEmails(c *call, r *wire.DeleteEmailVerificationRequest) (wire.Response, error) {
	answer := &wire.DeleteEmailVerificationResponse{Meta: c.meta()}
	for _, address := range distinct(r.Email) {
		e := s.emails.find(address)
		if e == nil || !e.verified() {
			answer.FailList = append(answer.FailList, illegal(address))
			continue
		}
		s.emails.remove(e)
		answer.SuccessList = append(answer.SuccessList, succeeded(address))
	}
	return answer, nil
}

func (s *Simulator) verifyEmail(c *call, r *wire.VerifyEmailRequest) (wire.Response, error) {
	i := slices.IndexFunc(s.emails.list, func(e *email) bool { return e.token == r.Token })
	if i < 0 || !s.emails.list[i].hasOpenLink(c.now) {
		return nil, refusal(400, "ParameterIllegal", "The token is unknown, was used or has expired.")
	}
	s.emails.list[i].verify(c.clientIP, c.now)
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

func (s *Simulator) queryEmail(c *call, r *wire.QueryEmailVerificationRequest) (wire.Response, error) {
	e := s.emails.find(r.Email)
	if e == nil {
		return nil, refusal(400, "ParameterIllegal", "The e-mail address is not one of this account.")
	}
	return &wire.QueryEmailVerificationResponse{Meta: c.meta(), EmailVerification: e.EmailVerification}, nil
}

func (s *Simulator) listEmails(c *call, r *wire.ListEmailVerificationRequest) (wire.Response, error) {
	found := filter(s.emails.list, func(e *email) bool {
		return (r.Email == "" || strings.EqualFold(e.Email, r.Email)) &&
			(r.VerificationStatus == nil || e.VerificationStatus == *r.VerificationStatus) &&
			within(e.GmtCreate, r.BeginCreateTime, r.EndCreateTime)
	})
	slices.Reverse(found)
	page := wire.Page{PageNum: max(r.PageNum, 1), PageSize: cmp.Or(r.PageSize, emailPage)}
	answer := &wire.ListEmailVerificationResponse{
		Meta: c.meta(), Paged: paged(page, len(found)), Data: []wire.EmailVerification{},
	}
	from, to := bounds(page, len(found))
	for _, e := range found[from:to] {
		answer.Data = append(answer.Data, e.EmailVerification)
	}
	return answer, nil
}

// within reports whether a time lies between two others, to the millisecond.
// The zero time is no bound.
func within(t, first, last time.Time) bool {
	t = t.Truncate(time.Millisecond)
	return (first.IsZero() || !t.Before(first)) && (last.IsZero() || !t.After(last))
}

// distinct returns each text once; letter case makes no difference.
func distinct(texts []string) []string {
	seen := make(map[string]bool, len(texts))
	return filter(texts, func(text string) bool {
		again := seen[strings.ToLower(text)]
		seen[strings.ToLower(text)] = true
		return !again
	})
}
