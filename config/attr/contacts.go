package attr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// The contacts of a name but its registrant.
var (
	adminContact   = newContactAttribute(wire.AdminContact, "The contact for administrative matters.")
	billingContact = newContactAttribute(wire.BillingContact, "The contact for bills.")
	techContact    = newContactAttribute(wire.TechContact, "The contact for technical matters.")
)

// contactLogWords are how the change log calls a contact.
var contactLogWords = map[wire.ContactType][]string{
	wire.RegistrantContact: {"REGISTRANT", "HOLDER", "OWNER"},
	wire.AdminContact:      {"ADMIN", "ADMINISTRATIVE"},
	wire.BillingContact:    {"BILLING"},
	wire.TechContact:       {"TECH", "TECHNICAL"},
}

// newContactAttribute returns the attribute of one of a name's contacts.
func newContactAttribute(role wire.ContactType, summary string) *Attribute {
	fields, _ := ContactFields()
	return &Attribute{
		Name:     string(role),
		LogWords: contactLogWords[role],
		Facts:    snapshot.ContactFacts[role],
		Safety:   func(Input) snapshot.Facts { return snapshot.UpdateLock },
		Hazard:   ContactHazard,
		Locked:   true,
		Shared:   true,
		Members:  append(slices.Clone(fields), "zh"),
		Columns:  fields,

		Decode:    decodeContact,
		Observe:   func(d *snapshot.Domain) Value { return contactOf(d.Contacts[role]) },
		Cty:       func(v Value) cty.Value { return v.(Contact).cty() },
		unmarshal: unmarshalAs[Contact],
		Expect:    func(c *Change, in Input) []Step { return expectedContact(c, role, in) },
		diff:      func(a *Attribute, in Input) []Change { return contactChanges(a, role, in) },
		Sent:      sentContact,

		Requests: []wire.Request{&wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest{}, &wire.SaveSingleTaskForUpdatingContactInfoRequest{}, &wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest{}, &wire.VerifyContactFieldRequest{}, &wire.ListEmailVerificationRequest{}, &wire.QueryRegistrantProfilesRequest{}},
		Doc: Doc{
			Type:    "contact",
			Summary: summary,
			Example: `{ type = "enterprise", organization = "Example Ltd", name = "Ada Example", email = "ada@example.com", country = "GB", province = "London", city = "London", address = "1 Example Street", postal_code = "N1 1AA", phone_country_code = "44", phone = "2000000001" }`,
			Reads:   "QueryContactInfo",
			Calls:   "SaveBatchTaskForUpdatingContactInfoByNewContact, SaveSingleTaskForUpdatingContactInfo, SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId",
			Notes:   "Usually contact.NAME, of a contact block, or registrant_profile.NAME: then the name gets what the profile holds: many names a call, as data. A registrant given as data would cost names below .cn their verified real name, so that they get theirs by the number of the profile, one name a call; with batch_profiles = true in the limits block, where the service has that operation, all names get theirs so, many a call. Only the fields that are declared are compared; the others are sent as they are, since a contact is sent whole. The service does not tell whether a contact other than the registrant is an individual or an enterprise, so its type is not compared, and must be declared before the contact changes. Answers may leave out the phone extension and what the contact has in Chinese: a contact that would change for that alone is unknown, and nothing is sent. VerifyContactField checks the contact before anything of it is sent.",
		},
	}
}

// sentContact returns the whole contact that a request gives a name as data.
func sentContact(r wire.Request) Value {
	if r, ok := r.(*wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest); ok {
		return contactOf(snapshot.NewContact(r.RegistrantType, r.Contact, r.ZhContact))
	}
	return nil
}

func decodeContact(v cty.Value) (Value, []Problem) {
	c, problems := DecodeContact(v)
	if c == nil {
		return nil, problems
	}
	return c, problems
}

// contactChanges brings a contact to what is declared, or to what its registrant
// profile says.
func contactChanges(a *Attribute, role wire.ContactType, in Input) []Change {
	live, want := a.Observe(in.Live).(Contact), in.Desired.(Contact)
	label := want[RegistrantProfile]
	source := targetContact{contact: want}
	if label != "" {
		source = resolveProfile(in, label)
	}
	whole := source.contact.over(live)
	if want = source.contact; live["type"] == "" {
		want = want.without("type") // the service does not tell it
	}
	lacked, same := live.lackedFields(want), live.Equal(live.withoutLacked(want))
	if source.status != Unknown && source.status != Blocked && same && len(lacked) == 0 {
		return nil
	}
	id := ChangeID(in.Name, a.Name)
	c := Change{
		ID: id, Domain: in.Name, Attribute: a.Name, Action: Update,
		Before: live, After: want, Hazard: a.Hazard, Status: Ready,
	}
	switch {
	case source.status == Waiting:
		c.Follow(ProfileChange(label), "%s", source.reason)
	case source.status != "":
		c.Block(source.status, "%s", source.reason)
	case same:
		c.Block(Unknown, "could not be read: QueryContactInfo: the answer does not say %s, and everything else is as declared", strings.Join(lacked, ", "))
	case label != "":
		c.Steps = []Step{{ID: StepID(id, "set"), Request: profileRequest(role, in, source)}}
	default:
		c.setContact(role, whole)
	}
	return []Change{c}
}

// lackedFields returns the fields of another contact that the answer about a
// live one leaves out, sorted. A contact does not change only because of such a
// field: the service may have it.
func (c Contact) lackedFields(other Contact) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if _, told := c[name]; !told {
			names = append(names, name)
		}
	}
	return names
}

// withoutLacked returns another contact without the fields that the answer
// about a live one leaves out.
func (c Contact) withoutLacked(other Contact) Contact {
	rest := maps.Clone(other)
	for _, name := range c.lackedFields(other) {
		delete(rest, name)
	}
	return rest
}

// setContact sends a whole contact: whether the service keeps what a request
// leaves out is not documented.
func (c *Change) setContact(role wire.ContactType, whole Contact) {
	if why := whole.incomplete(); why != "" {
		c.Block(Blocked, "the contact %s", why)
		return
	}
	request := newContactRequest(c.Domain, role, whole)
	c.Steps = []Step{{ID: StepID(c.ID, "set"), Request: request, Check: &wire.VerifyContactFieldRequest{
		DomainName: c.Domain, RegistrantType: request.RegistrantType, Contact: request.Contact, ZhContact: request.ZhContact,
	}}}
}

// targetContact is the contact that a name is to get, and why it cannot get it
// now.
type targetContact struct {
	contact Contact
	whole   Contact // all that the profile holds
	id      int64   // of the profile
	status  Status
	reason  string
}

// resolveProfile returns the contact that a declared registrant profile holds
// when its own changes have been made. What it has in Chinese is compared only
// where that is declared: names do not all show it.
func resolveProfile(in Input, label string) targetContact {
	declared := in.Policy.Profiles[label]
	if in.Account == nil || in.Account.Profiles == nil {
		return targetContact{contact: declared.Contact, status: Unknown, reason: "the live state does not say: the account's registrant profiles"}
	}
	found := declared.findIn(declared.among(in.Account))
	switch {
	case declared.Delete:
		return targetContact{contact: declared.Contact, status: Blocked, reason: fmt.Sprintf("the registrant profile %q is declared to be deleted: declare another contact", label)}
	case len(found) > 1:
		return targetContact{contact: declared.Contact, status: Blocked, reason: ambiguousProfiles(found)}
	case len(found) == 0:
		return targetContact{contact: declared.Contact, status: Waiting, reason: fmt.Sprintf("the registrant profile %q is made first", label)}
	}
	held := maps.Clone(found[0].Contact)
	maps.DeleteFunc(held, func(field, text string) bool { return text == "" || strings.HasPrefix(field, zhPrefix) })
	return targetContact{contact: declared.Contact.over(held), whole: declared.Contact.over(found[0].Contact), id: found[0].ID}
}

// profileRequest gives a name what a profile holds: by the operation that takes
// many names and the profile, where the files say that the service has it; else
// as data, which take many names, too; else by the operation for one name.
func profileRequest(role wire.ContactType, in Input, from targetContact) wire.Request {
	switch {
	case in.Policy.BatchProfiles:
		return &wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest{
			DomainName: []string{in.Name}, ContactType: role, RegistrantProfileID: from.id,
		}
	case from.whole.incomplete() == "" && !losesRealName(role, in.Name):
		return newContactRequest(in.Name, role, from.whole)
	}
	return &wire.SaveSingleTaskForUpdatingContactInfoRequest{
		DomainName: in.Name, InstanceID: in.Live.InstanceID, ContactType: role, RegistrantProfileID: from.id,
	}
}

// expectedContact returns the step that gives a name what a profile will hold that
// the account lacks. Its number is one that no profile has, and its own.
func expectedContact(c *Change, role wire.ContactType, in Input) []Step {
	label := in.Desired.(Contact)[RegistrantProfile]
	number := slices.Index(slices.Sorted(maps.Keys(in.Policy.Profiles)), label)
	request := profileRequest(role, in, targetContact{whole: in.Policy.Profiles[label].Contact, id: -int64(number) - 1})
	if role == wire.RegistrantContact {
		prohibitTransfers(request, in.Policy.TransferProhibition)
	}
	return []Step{{ID: StepID(c.ID, "set"), Request: request}}
}

// losesRealName reports whether a name gives up its verified real name when it
// gets the contact as data: names of CNNIC do with their registrant.
func losesRealName(role wire.ContactType, name string) bool {
	suffix := name[strings.LastIndexByte(name, '.')+1:]
	return role == wire.RegistrantContact && slices.Contains([]string{"cn", "xn--fiqs8s", "xn--fiqz9s"}, suffix)
}

// realNameLoss says why a name gives up its verified real name by a planned
// change of its registrant, "" where it does not, or no change says so. Profiles
// are those of the account, as far as they are known.
func realNameLoss(c *Change, profiles []snapshot.Profile) string {
	if !c.Planned() || !losesRealName(wire.RegistrantContact, c.Domain) {
		return ""
	}
	if len(c.Steps) == 0 {
		if strings.HasPrefix(c.Follows, ProfileChange("")) {
			return "it comes from a registrant profile that is saved first, and whose real name is not verified then"
		}
		return ""
	}
	id := int64(0)
	switch r := c.Steps[0].Request.(type) {
	case *wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest:
		return "it is given as data, which no verified real name comes with: declare a registrant_profile whose real name is verified"
	case *wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest:
		id = r.RegistrantProfileID
	case *wire.SaveSingleTaskForUpdatingContactInfoRequest:
		id = r.RegistrantProfileID
	}
	at := slices.IndexFunc(profiles, func(p snapshot.Profile) bool { return p.ID == id })
	if at < 0 || profiles[at].RealName == "" || profiles[at].RealName.Passed() {
		return ""
	}
	return "the real name of its registrant profile is not verified"
}

func newContactRequest(name string, role wire.ContactType, c Contact) *wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest {
	whole := c.snapshot()
	r := &wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest{
		DomainName: []string{name}, ContactType: role, RegistrantType: whole.Type,
	}
	r.Contact, r.ZhContact = whole.Wire()
	return r
}

func (c Contact) without(field string) Contact {
	rest := make(Contact, len(c))
	for name, text := range c {
		if name != field {
			rest[name] = text
		}
	}
	return rest
}

// Registrant is the name of the attribute that says who holds a name.
const Registrant = string(wire.RegistrantContact)

// registrant is the holder. Another one is another owner: old and new get
// mail, and what the service takes days to do it never does twice.
var registrant = newRegistrant()

func newRegistrant() *Attribute {
	a := newContactAttribute(wire.RegistrantContact, "The holder of the name.")
	a.Facts |= snapshot.Holder
	a.Safety = func(Input) snapshot.Facts { return snapshot.UpdateLock | snapshot.Emails }
	a.Hazard = Identity
	a.Pending = registrantPending
	a.Mails = mailRecipients
	a.RealNameLoss = realNameLoss
	a.diff = registrantChanges
	a.Doc.Reads = "QueryContactInfo, QueryDomainByDomainName; ListEmailVerification where it would change"
	a.Doc.Notes = "As the other contacts; its type is compared, too. A change needs guard.max_registrant_changes, guard.registrant_transfer_prohibition stated true or false, and an e-mail address that is verified in the account. Old and new registrant get mail. While the service is still working on a new registrant, nothing more of it is sent."
	return a
}

// registrantPending says whether the service is still working on another
// registrant: queries show the old one then.
func registrantPending(d *snapshot.Domain) string {
	if d.RegistrantUpdating != wire.UpdatingPending {
		return ""
	}
	return "the service is still working on a new registrant, and shows the old one"
}

func registrantChanges(a *Attribute, in Input) []Change {
	changes := contactChanges(a, wire.RegistrantContact, in)
	if len(changes) == 0 {
		return nil
	}
	c := &changes[0]
	if why := registrantPending(in.Live); why != "" {
		c.Overrule(Waiting, "%s", why)
	}
	prohibit := in.Policy.TransferProhibition
	if prohibit == nil {
		c.Block(Blocked, "a new registrant may keep the name from being transferred out for 60 days, and the files do not say whether it is to: state registrant_transfer_prohibition = true or false in the guard block")
	}
	if len(c.Steps) > 0 {
		prohibitTransfers(c.Steps[0].Request, prohibit)
	}
	if c.Planned() {
		c.requireVerifiedEmail(in, c.After.(Contact).over(c.Before.(Contact))["email"])
	}
	return changes
}

// prohibitTransfers states whether a new registrant keeps the name from being
// transferred out.
func prohibitTransfers(r wire.Request, prohibit *bool) {
	switch r := r.(type) {
	case *wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest:
		r.TransferOutProhibited = prohibit
	case *wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest:
		r.TransferOutProhibited = prohibit
	case *wire.SaveSingleTaskForUpdatingContactInfoRequest:
		r.AddTransferLock = prohibit
	}
}

// requireVerifiedEmail holds a registrant back whose e-mail address is not
// verified.
func (c *Change) requireVerifiedEmail(in Input, address string) {
	if in.Account == nil || in.Account.Emails == nil {
		return // a change is not ready where that is not known
	}
	if e := in.Account.Email(address); e == nil || !e.Verified {
		c.awaitVerification(in, address)
	}
}

// awaitVerification holds back what needs an e-mail address that is not
// verified.
func (c *Change) awaitVerification(in Input, address string) {
	if in.Policy.Emails[address] == EmailVerified {
		c.Block(Waiting, "a registrant needs an e-mail address that is verified in the account: somebody must follow the link in the mail to %s", address)
	} else {
		c.Block(Blocked, "a registrant needs an e-mail address that is verified in the account, and %s is not: declare it in emails of the account block", address)
	}
}

// mailRecipients returns who gets mail when a registrant changes: the old one and
// the new one.
func mailRecipients(c *Change) []string {
	var all []string
	for _, v := range []Value{c.Before, c.After} {
		if contact, ok := v.(Contact); ok && contact["email"] != "" && (len(all) == 0 || all[0] != contact["email"]) {
			all = append(all, contact["email"])
		}
	}
	return all
}
