package attr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

// EmailAddresses is the name of the attribute that manages the e-mail addresses
// of the account.
const EmailAddresses = "emails"

const (
	// dailyMails is the most verification mails that the service sends on a day
	// of its own zone.
	dailyMails = 500
	// linkLifetime is for how long the link in one can be followed.
	linkLifetime = 3 * 24 * time.Hour
)

var emails = &Attribute{
	Name:   EmailAddresses,
	Facts:  snapshot.Emails,
	Hazard: None,

	PersonalElements: personal.Email,

	Decode:         decodeEmails,
	ObserveAccount: observeEmails,
	Element:        func(v Value, address string) Value { return v.(Emails).element(address) },
	Cty:            func(v Value) cty.Value { return v.(Emails).cty() },
	unmarshal:      unmarshalAs[Emails],
	DeletedEmail: func(c *Change) string {
		if c.Action != Delete {
			return ""
		}
		return c.Element
	},
	diff: emailChanges,

	Requests: []wire.Request{&wire.SubmitEmailVerificationRequest{}, &wire.ResendEmailVerificationRequest{}, &wire.DeleteEmailVerificationRequest{}},
	Doc: Doc{
		Type:    "list(string)",
		Summary: "E-mail addresses that are to be verified in the account; other addresses are left alone.",
		Example: `["ada@example.com", { address = "old@example.com", delete = true }]`,
		Reads:   "ListEmailVerification",
		Calls:   "SubmitEmailVerification, ResendEmailVerification, DeleteEmailVerification",
		Notes:   "Stands in the account block. A new address gets a mail with a link that somebody must follow within 3 days; after that it gets another. The service sends 500 of them a day; all that go on one day go in one call. A registrant that has the address waits until it is verified. An address is deleted only with delete = true, and not while a contact has it.",
	},
}

// EmailState says how an e-mail address stands.
type EmailState string

// The states of an e-mail address.
const (
	EmailVerified EmailState = "verified"
	EmailAsked    EmailState = "not verified yet"     // a mail is out
	EmailExpired  EmailState = "not verified in time" // its link leads nowhere any more
	EmailDeleted  EmailState = "deleted"              // declared only
)

// Emails are e-mail addresses, canonical, with how they stand or are to stand.
type Emails map[string]EmailState

// State makes the addresses those that are declared.
func (e Emails) State(policy *Policy) { policy.Emails = e }

// Equal reports whether both hold the same addresses in the same states.
func (e Emails) Equal(other Value) bool { return maps.Equal(e, other.(Emails)) }

// MapPersonal returns the addresses with others in their place.
func (e Emails) MapPersonal(with personal.Map) Value {
	mapped := make(Emails, len(e))
	for _, address := range slices.Sorted(maps.Keys(e)) {
		mapped[with(personal.Email, address)] = e[address]
	}
	return mapped
}

// String lists the addresses.
func (e Emails) String() string {
	if len(e) == 0 {
		return "none"
	}
	var texts []string
	for _, address := range slices.Sorted(maps.Keys(e)) {
		texts = append(texts, address+" "+string(e[address]))
	}
	return strings.Join(texts, ", ")
}

// element returns an address, nil where it is not there.
func (e Emails) element(address string) Value {
	state, ok := e[address]
	if !ok {
		return nil
	}
	return Emails{address: state}
}

func (e Emails) cty() cty.Value {
	var vals []cty.Value
	for _, address := range slices.Sorted(maps.Keys(e)) {
		switch e[address] {
		case EmailVerified:
			vals = append(vals, cty.StringVal(address))
		case EmailDeleted:
			vals = append(vals, cty.ObjectVal(map[string]cty.Value{"address": cty.StringVal(address), "delete": cty.True}))
		}
	}
	return cty.TupleVal(vals)
}

func observeEmails(a *snapshot.Account) Value {
	all := make(Emails, len(a.Emails))
	for _, e := range a.Emails {
		all[e.Address] = stateOf(e, a.ReadAt)
	}
	return all
}

func stateOf(e snapshot.Email, now time.Time) EmailState {
	switch {
	case e.Verified:
		return EmailVerified
	case now.Before(e.Sent.Add(linkLifetime)):
		return EmailAsked
	}
	return EmailExpired
}

// emailChanges asks for the verification of addresses that are not verified,
// and waits for those that were asked. It counts today's mails.
func emailChanges(a *Attribute, in Input) []Change {
	mails := 0
	for _, e := range in.Account.Emails {
		if sameDay(e.Sent, in.Now) {
			mails++
		}
	}
	var changes []Change
	want := in.Desired.(Emails)
	for _, address := range slices.Sorted(maps.Keys(want)) {
		c := emailChange(a, address, want[address], in.Account.Email(address), in.Now)
		if c == nil {
			continue
		}
		if c.Action != Delete && c.Status == Ready {
			if mails++; mails > dailyMails {
				c.WaitFor(ForService, Deferred, "the service sends %d verification mails a day: this one goes tomorrow", dailyMails)
			}
		}
		changes = append(changes, *c)
	}
	return changes
}

// emailChange returns what becomes of one address, nil for nothing.
func emailChange(a *Attribute, address string, want EmailState, live *snapshot.Email, now time.Time) *Change {
	change := func(action Action, before, after Value, request wire.Request) *Change {
		id := ElementID("", a.Name, address)
		return &Change{
			ID: id, Attribute: a.Name, Element: address, Action: action,
			Before: before, After: after, Hazard: a.Hazard, Status: Ready,
			Steps: []Step{{ID: StepID(id, string(action)), Request: request}},
		}
	}
	asked := Emails{address: EmailAsked}
	switch {
	case want == EmailDeleted && live != nil && live.Verified:
		return change(Delete, Emails{address: EmailVerified}, nil, &wire.DeleteEmailVerificationRequest{Email: []string{address}})
	case want == EmailDeleted, live != nil && live.Verified:
		return nil // the service deletes verified ones only, and others do nothing
	case live == nil:
		return change(Create, nil, asked, &wire.SubmitEmailVerificationRequest{Email: []string{address}})
	case live.Sent.IsZero():
		c := change(Update, nil, Emails{address: EmailVerified}, nil)
		c.Steps = nil
		c.Block(Unknown, "could not be read: ListEmailVerification: the answer does not say when a mail was sent to %s last, and a link may still be good", address)
		return c
	case stateOf(*live, now) == EmailAsked:
		c := change(Update, asked, Emails{address: EmailVerified}, nil)
		c.Steps = nil
		c.Block(Waiting, "a mail was sent to %s on %s: somebody must follow its link by %s", address, Date(live.Sent), Date(live.Sent.Add(linkLifetime)))
		return c
	}
	return change(Update, Emails{address: EmailExpired}, asked, &wire.ResendEmailVerificationRequest{Email: []string{address}})
}

// sameDay reports whether two times are of one day of the service's zone.
func sameDay(a, b time.Time) bool { return wire.Midnight(a).Equal(wire.Midnight(b)) }

func decodeEmails(v cty.Value) (Value, []Problem) {
	if ty := v.Type(); !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return nil, []Problem{wrongType(v, "a list of e-mail addresses")}
	}
	all := make(Emails)
	var problems []Problem
	for i, e := range elements(v) {
		address, state, problem := decodeEmail(e)
		if problem == nil && all[address] != "" {
			problem = &Problem{Summary: "Duplicate address", Detail: fmt.Sprintf("%q stands twice.", address)}
		}
		if problem != nil {
			problem.Path = append(cty.IndexIntPath(i), problem.Path...)
			problems = append(problems, *problem)
			continue
		}
		all[address] = state
	}
	if problems != nil {
		return nil, problems
	}
	return all, nil
}

// decodeEmail reads an address, or an object that says that one goes.
func decodeEmail(v cty.Value) (address string, state EmailState, problem *Problem) {
	state = EmailVerified
	if !v.IsNull() && v.Type() == cty.String {
		address = v.AsString()
	} else {
		o, problem := newObject(v, `an e-mail address, or { address = "…", delete = true }`)
		if problem != nil {
			return "", "", problem
		}
		address = o.text("address")
		if o.has("delete") {
			if gone, ok := o.get("delete", cty.Bool); ok && gone.True() {
				state = EmailDeleted
			}
		}
		o.only([]string{"address", "delete"})
		if problem := o.check(func() *Problem { return nil }); problem != nil {
			return "", "", problem
		}
	}
	address = snapshot.CanonicalEmail(address)
	if wrong := checkEmail(address); wrong != "" {
		return "", "", &Problem{Summary: "Not an e-mail address", Detail: wrong}
	}
	return address, state, nil
}
