package simulator

import (
	"maps"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// lockedFor is how long a change of the registrant keeps a name from being
// transferred out, where that is asked for.
const lockedFor = 60 * day

// contact returns the contact of a name in a role, as queries show it.
func (d *domain) contact(role wire.ContactType) snapshot.Contact {
	if c, ok := d.Contacts[role]; ok {
		return c
	}
	return defaultContact
}

// setContactOf gives a name a contact.
func setContactOf(d *snapshot.Domain, role wire.ContactType, c snapshot.Contact) {
	all := maps.Clone(d.Contacts)
	if all == nil {
		all = make(map[wire.ContactType]snapshot.Contact)
	}
	all[role] = c
	d.Contacts = all
}

func (s *Simulator) contactInfo(c *call, r *wire.QueryContactInfoRequest) (wire.Response, error) {
	d := s.account.byName[r.DomainName]
	if d == nil {
		return nil, errNoDomain
	}
	answer := &wire.QueryContactInfoResponse{Meta: c.meta(), CreateDate: d.Registered}
	answer.Contact, answer.ZhContact = d.contact(r.ContactType).Wire()
	return answer, nil
}

// newContact is what a task gives names.
type newContact struct {
	role       wire.ContactType
	contact    snapshot.Contact
	realName   wire.RealNameStatus // of a registrant; "": as .cn has it
	prohibited bool                // no transfer out for a while
}

func (s *Simulator) setContactByData(c *call, r *wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest) (wire.Response, error) {
	if err := checkContact(&r.Contact, true); err != nil {
		return nil, err
	}
	return s.saveContact(c, r.DomainName, newContact{
		role: r.ContactType, contact: snapshot.NewContact(r.RegistrantType, r.Contact, r.ZhContact),
		prohibited: isTrue(r.TransferOutProhibited, false),
	})
}

func (s *Simulator) setContactByProfile(c *call, r *wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest) (wire.Response, error) {
	p := s.profiles.find(r.RegistrantProfileID)
	if p == nil {
		return nil, errNoProfile
	}
	return s.saveContact(c, r.DomainName, newContact{
		role: r.ContactType, contact: contactOf(p), realName: p.RealNameStatus,
		prohibited: isTrue(r.TransferOutProhibited, false),
	})
}

func (s *Simulator) setOneContact(c *call, r *wire.SaveSingleTaskForUpdatingContactInfoRequest) (wire.Response, error) {
	p, on := s.profiles.find(r.RegistrantProfileID), s.account.byName[r.DomainName]
	switch {
	case on == nil || r.InstanceID != "" && r.InstanceID != on.InstanceID:
		return nil, errNoDomain
	case p == nil:
		return nil, errNoProfile
	}
	return s.saveContact(c, []string{r.DomainName}, newContact{
		role: r.ContactType, contact: contactOf(p), realName: p.RealNameStatus,
		prohibited: isTrue(r.AddTransferLock, false),
	})
}

var errEmailNotVerified = refusal(400, "RegContactEmailNotVerified", "The e-mail address of the registrant is not verified.")

// saveContact saves a task that gives names a contact. Other tasks with a
// detail per name let a busy name fail; these refuse the call.
func (s *Simulator) saveContact(c *call, names []string, n newContact) (wire.Response, error) {
	if n.role == wire.RegistrantContact && !s.emailVerified(n.contact.Email) {
		return nil, errEmailNotVerified
	}
	e := s.contactEffect(n)
	for _, name := range names {
		if s.busy(c.request, name, e) {
			return nil, refusal(400, "TaskIsBeingProcessed", errBusy)
		}
	}
	return s.saveBatch(c, names, e)
}

func (s *Simulator) contactEffect(n newContact) effect {
	e := effect{
		blocked: true,
		words: func(d *snapshot.Domain) string {
			c := (&domain{Domain: *d}).contact(n.role)
			return strings.Join([]string{c.Organization, c.Name, c.Email}, ", ")
		},
	}
	if n.role == wire.RegistrantContact {
		e.end = func(d *domain, at time.Time) (result, failure string) { return "", s.changeRegistrant(d, n, at) }
	} else {
		e.apply = func(d *snapshot.Domain) { setContactOf(d, n.role, n.contact) }
	}
	return e
}

// changeRegistrant gives a name another registrant, who may show only after a
// while. The old one and the new one get mail.
func (s *Simulator) changeRegistrant(d *domain, n newContact, at time.Time) (failure string) {
	if d.RegistrantUpdating == wire.UpdatingPending {
		return "The registrant of the domain name is being changed."
	}
	for _, address := range distinct([]string{d.contact(n.role).Email, n.contact.Email}) {
		s.notify(address, "The registrant of "+wire.UnicodeName(d.Name)+" changes", at)
	}
	if n.prohibited {
		d.prohibited = at.Add(lockedFor)
	}
	show := func(time.Time) {
		setContactOf(&d.Domain, n.role, n.contact)
		d.RegistrantUpdating = wire.UpdatingNormal
		switch {
		case n.realName != "":
			d.RealName = n.realName
		case ofCNNIC(d.Name):
			d.RealName = wire.RealNameNone
		}
	}
	if wait := s.faults.RegistrantUpdate.pick(s.faults.random); wait > 0 {
		d.RegistrantUpdating = wire.UpdatingPending
		s.schedule(at.Add(wait), show)
		return ""
	}
	show(at)
	return ""
}

// isTrue returns what a boolean that may be left out says.
func isTrue(b *bool, unless bool) bool {
	if b == nil {
		return unless
	}
	return *b
}

// cnnicProxy is the privacy service of CNNIC, for its names alone.
const cnnicProxy = "cnnicRegistryService"

func (s *Simulator) setPrivacy(c *call, r *wire.SaveBatchTaskForDomainNameProxyServiceRequest) (wire.Response, error) {
	return s.saveBatch(c, r.DomainName, effect{
		blocked: true,
		words: func(d *snapshot.Domain) string {
			if isTrue(d.Privacy, false) {
				return "ON"
			}
			return "OFF"
		},
		end: func(d *domain, _ time.Time) (result, failure string) {
			if r.ServiceType == cnnicProxy && !ofCNNIC(d.Name) {
				return "", "The privacy service does not take names of this suffix."
			}
			d.Privacy = new(r.Status)
			return "", ""
		},
	})
}
