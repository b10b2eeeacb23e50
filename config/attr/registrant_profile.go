package attr

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

// RegistrantProfile is the name of the attribute that manages the registrant
// profiles of the account, and of the member of a contact that refers to one.
const RegistrantProfile = "registrant_profile"

var registrantProfile = &Attribute{
	Name:    RegistrantProfile,
	Facts:   snapshot.Profiles,
	Hazard:  None,
	Blocks:  true,
	Members: profileMembers(),

	Decode:         decodeProfiles,
	ObserveAccount: observeProfiles,
	Element:        func(v Value, label string) Value { return Profiles{label: v.(Profiles)[label]} },
	Part:           profilePart,
	SavedProfile:   savedProfile,
	Cty:            func(v Value) cty.Value { return v.(Profiles).cty() },
	unmarshal:      unmarshalAs[Profiles],
	diff:           profileChanges,

	Requests: []wire.Request{&wire.SaveRegistrantProfileRequest{}, &wire.SetDefaultRegistrantProfileRequest{}, &wire.DeleteRegistrantProfileRequest{}, &wire.VerifyContactFieldRequest{}},
	Doc: Doc{
		Type:    "block",
		Summary: "Registrant profiles: contacts that the account keeps. Profiles that no block declares are left alone.",
		Example: `{ legal = { type = "enterprise", organization = "Example Ltd", name = "Ada Example", email = "ada@example.com", country = "GB", province = "London", city = "London", address = "1 Example Street", postal_code = "N1 1AA", phone_country_code = "44", phone = "2000000001", default = true } }`,
		Reads:   "QueryRegistrantProfiles, for both types of registrants and both kinds of registries",
		Calls:   "SaveRegistrantProfile, SetDefaultRegistrantProfile, DeleteRegistrantProfile",
		Notes:   "Written as registrant_profile blocks with the fields of a contact, and id, registries (common or cnnic), default and delete. A profile is found by its id, else by its name and e-mail address, so that none is made twice; to change those, give the id. It is sent whole, checked by VerifyContactField first. One profile at most is the default, and one goes only with delete = true. The contacts of names refer to it as registrant_profile.NAME.",
	},
}

// Profile is what is said of a registrant profile. What is declared of one says
// nothing of what is left out.
type Profile struct {
	ID         int64   `json:"id,omitempty"`
	Registries string  `json:"registries,omitempty"` // common or cnnic
	Default    *bool   `json:"default,omitempty"`
	Delete     bool    `json:"delete,omitempty"` // declared only
	Contact    Contact `json:"contact,omitempty"`
}

// Profiles are registrant profiles: declared ones by their label, live ones by
// their number.
type Profiles map[string]Profile

func profileOf(p snapshot.Profile) Profile {
	kind := p.Kind
	if kind == wire.CNICProfile { // as one table spells it
		kind = wire.CNNICProfile
	}
	return Profile{ID: p.ID, Registries: string(kind), Default: new(p.Default), Contact: contactOf(p.Contact)}
}

func observeProfiles(a *snapshot.Account) Value {
	all := make(Profiles, len(a.Profiles))
	for _, p := range a.Profiles {
		all[strconv.FormatInt(p.ID, 10)] = profileOf(p)
	}
	return all
}

// matches reports whether a live profile is the one that is declared: by its
// number, else by its name and e-mail address.
func (p Profile) matches(live Profile) bool {
	if p.ID != 0 {
		return p.ID == live.ID
	}
	return p.Contact["name"] == live.Contact["name"] && p.Contact["email"] == live.Contact["email"] &&
		(p.Registries == "" || p.Registries == live.Registries)
}

// findIn returns the live profiles that are the declared one, by number.
func (p Profile) findIn(live Profiles) (found []Profile) {
	for _, other := range live {
		if p.matches(other) {
			found = append(found, other)
		}
	}
	slices.SortFunc(found, func(a, b Profile) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// mayBe reports whether a profile of the account may be the declared one, whatever its
// registries. It is asked for each pair of a block, or of a name, and a profile, so that
// it looks at no more than tells most of them apart.
func (p Profile) mayBe(live *snapshot.Profile) bool {
	if p.ID != 0 || live.Contact.Lacks != "" {
		return p.ID == 0 || p.ID == live.ID
	}
	who := snapshot.Contact{Name: live.Contact.Name, Email: live.Contact.Email}.Canonical()
	return p.Contact["name"] == who.Name && p.Contact["email"] == who.Email
}

// among returns the profiles of an account that may be the declared one, by number.
func (p Profile) among(a *snapshot.Account) Profiles {
	few := make(Profiles)
	for i := range a.Profiles {
		if live := &a.Profiles[i]; p.mayBe(live) {
			few[strconv.FormatInt(live.ID, 10)] = profileOf(*live)
		}
	}
	return few
}

// profilePart returns what is live of the profile that a change is about.
func profilePart(v Value, c *Change) Value {
	said, _ := c.After.(Profiles)
	if said == nil {
		said, _ = c.Before.(Profiles)
	}
	found := said[c.Element].findIn(v.(Profiles))
	if len(found) != 1 {
		return nil
	}
	return Profiles{c.Element: found[0]}
}

// equal reports whether two profiles agree in all that both speak of.
func (p Profile) equal(other Profile) bool {
	return (p.ID == 0 || other.ID == 0 || p.ID == other.ID) &&
		(p.Registries == "" || other.Registries == "" || p.Registries == other.Registries) &&
		(p.Default == nil || other.Default == nil || *p.Default == *other.Default) &&
		p.Delete == other.Delete && p.Contact.Equal(other.Contact)
}

// State adds the profiles to those that are declared.
func (p Profiles) State(policy *Policy) {
	if policy.Profiles == nil {
		policy.Profiles = make(Profiles)
	}
	maps.Copy(policy.Profiles, p)
}

// Equal reports whether both say the same of the same profiles.
func (p Profiles) Equal(other Value) bool { return maps.EqualFunc(p, other.(Profiles), Profile.equal) }

// MapPersonal returns the profiles with others in place of the personal texts of
// their contacts.
func (p Profiles) MapPersonal(with personal.Map) Value {
	mapped := make(Profiles, len(p))
	for _, label := range slices.Sorted(maps.Keys(p)) {
		one := p[label]
		one.Contact = one.Contact.mapPersonal(with)
		mapped[label] = one
	}
	return mapped
}

// String lists the profiles.
func (p Profiles) String() string {
	texts := make([]string, 0, len(p))
	for _, label := range slices.Sorted(maps.Keys(p)) {
		texts = append(texts, label+": "+p[label].String())
	}
	return strings.Join(texts, "; ")
}

// String says what is said of the profile.
func (p Profile) String() string {
	var texts []string
	add := func(text string, said bool) {
		if said && text != "" {
			texts = append(texts, text)
		}
	}
	add("number "+strconv.FormatInt(p.ID, 10), p.ID != 0)
	add(p.Registries, true)
	add(p.Contact.String(), true)
	if p.Default != nil {
		add("default", *p.Default)
		add("not default", !*p.Default)
	}
	add("deleted", p.Delete)
	return strings.Join(texts, ", ")
}

// Differing returns of two values the parts in which the second is another.
func (p Profiles) Differing(after Value) (Value, Value) {
	old, next := make(Profiles), make(Profiles)
	for label, a := range after.(Profiles) {
		b, said := p[label]
		if !said {
			return p, after
		}
		before, with := b.Contact.Differing(a.Contact)
		o, n := Profile{Contact: before.(Contact)}, Profile{Contact: with.(Contact)}
		if a.Registries != "" && a.Registries != b.Registries {
			o.Registries, n.Registries = b.Registries, a.Registries
		}
		if a.Default != nil && b.Default != nil && *a.Default != *b.Default {
			o.Default, n.Default = b.Default, a.Default
		}
		old[label], next[label] = o, n
	}
	return old, next
}

func (p Profiles) cty() cty.Value {
	vals := make(map[string]cty.Value, len(p))
	for label, one := range p {
		vals[label] = one.cty()
	}
	return cty.ObjectVal(vals)
}

func (p Profile) cty() cty.Value {
	vals := make(map[string]cty.Value)
	maps.Copy(vals, p.Contact.cty().AsValueMap())
	if p.ID != 0 {
		vals["id"] = cty.NumberIntVal(p.ID)
	}
	if p.Registries != "" {
		vals["registries"] = cty.StringVal(p.Registries)
	}
	if p.Default != nil && *p.Default {
		vals["default"] = cty.True
	}
	if p.Delete {
		vals["delete"] = cty.True
	}
	return cty.ObjectVal(vals)
}

// profileChanges makes, changes and deletes profiles.
func profileChanges(a *Attribute, in Input) []Change {
	want := in.Desired.(Profiles)
	var changes []Change
	for _, label := range slices.Sorted(maps.Keys(want)) {
		live := want[label].among(in.Account)
		c := profileChange(a, label, want[label], live)
		if c == nil {
			continue
		}
		if found := want[label].findIn(live); len(found) == 1 {
			if owners := in.Policy.Profiles.about(found[0]); len(owners) > 1 {
				c.Block(Blocked, "it is the registrant profile %d, and so is more than one block: leave one of %s", found[0].ID, strings.Join(owners, ", "))
			}
		}
		if other := in.Policy.Profiles.possibleDuplicate(label, live); c.Action == Create && c.Status == Ready && other != nil {
			c.Block(Blocked, "the account has the registrant profile %d of the same name and email, for %s registries: it may be this one, made by a service that does not keep the kind. Declare that one, too, or give its id", other.ID, other.Registries)
		}
		c.unlessIncomplete(in.Account.Profiles)
		changes = append(changes, *c)
	}
	return changes
}

// about returns the labels of the declared profiles that are a live one.
func (p Profiles) about(live Profile) (labels []string) {
	for label, declared := range p {
		if declared.matches(live) {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels
}

// unlessIncomplete changes nothing of a profile that the service did not tell in
// full: a member that seems to be missing may be there.
func (c *Change) unlessIncomplete(profiles []snapshot.Profile) {
	before, ok := c.Before.(Profiles)
	if !ok || c.Action != Update || c.Status != Ready {
		return
	}
	for _, live := range profiles {
		if len(live.Lacks) > 0 && before[c.Element].ID == live.ID {
			c.Steps = nil
			c.Block(Unknown, "could not be read: QueryRegistrantProfiles: the answer does not say %s", strings.Join(live.Lacks, ", "))
		}
	}
}

// possibleDuplicate returns a live profile that may be the declared one
// although it is for other registries, nil where there is none. It has the same
// name and e-mail address, and no other block is about it. Another profile in
// each apply would be worse than none.
func (p Profiles) possibleDuplicate(label string, live Profiles) *Profile {
	want := p[label]
	if want.Registries == "" {
		return nil // it is one for any registries
	}
	want.Registries = ""
	found := want.findIn(live)
	about := 0
	for other, declared := range p {
		if other != label && slices.ContainsFunc(found, declared.matches) {
			about++
		}
	}
	if len(found) <= about {
		return nil
	}
	return &found[0]
}

// ProfileChange returns the ID of the change of a declared profile.
func ProfileChange(label string) string { return ElementID("", RegistrantProfile, label) }

// profileChange returns what becomes of one profile, nil for nothing.
func profileChange(a *Attribute, label string, want Profile, all Profiles) *Change {
	id := ProfileChange(label)
	c := &Change{ID: id, Attribute: a.Name, Element: label, Action: Update, After: Profiles{label: want}, Hazard: a.Hazard, Status: Ready}
	found := want.findIn(all)
	if len(found) == 0 {
		return createProfile(c, want)
	}
	live := found[0]
	before := live
	if want.Default == nil {
		before.Default = nil // another profile that becomes the default changes it
	}
	c.Before = Profiles{label: before}
	told := Profile{Contact: live.Contact.withoutLacked(want.Contact), Registries: want.Registries, Default: want.Default}
	lacked := live.Contact.lackedFields(want.Contact)
	switch {
	case len(found) > 1:
		c.Block(Blocked, "%s", ambiguousProfiles(found))
	case want.Delete:
		c.Action, c.After = Delete, nil
		c.Steps = []Step{{ID: StepID(id, "delete"), Request: &wire.DeleteRegistrantProfileRequest{RegistrantProfileID: live.ID}}}
	case want.equal(live):
		return nil
	case len(lacked) > 0 && told.equal(live):
		// Saving it for what may be there would cost it its verification each
		// time.
		c.Block(Unknown, "could not be read: QueryRegistrantProfiles: the answer does not say %s, and everything else is as declared", strings.Join(lacked, ", "))
	case (Profile{Contact: want.Contact, Registries: want.Registries}).equal(live):
		c.After = Profiles{label: {ID: live.ID, Default: want.Default, Contact: want.Contact}}
		c.Steps = []Step{{ID: StepID(id, "set_default"), Request: &wire.SetDefaultRegistrantProfileRequest{RegistrantProfileID: live.ID}}}
	default:
		after := want
		after.ID = live.ID
		c.After = Profiles{label: after}
		saveProfile(c, want, live)
	}
	return c
}

// deletedLabel returns the declared profile that is the live one and goes, ""
// for none.
func (p Profiles) deletedLabel(live Profile) string {
	for _, label := range slices.Sorted(maps.Keys(p)) {
		if p[label].Delete && p[label].matches(live) {
			return label
		}
	}
	return ""
}

func createProfile(c *Change, want Profile) *Change {
	if want.Delete {
		return nil
	}
	c.Action = Create
	if want.ID != 0 {
		c.Block(Blocked, "the account has no registrant profile %d: correct the number, or leave it out to have one made", want.ID)
		return c
	}
	saveProfile(c, want, Profile{})
	return c
}

// saveProfile sends a whole profile: whether the service keeps what a request
// leaves out is not documented.
func saveProfile(c *Change, want, live Profile) {
	whole := want.Contact.over(live.Contact)
	if why := whole.incomplete(); why != "" {
		c.Block(Blocked, "the profile %s", why)
		return
	}
	contact := whole.snapshot()
	r := &wire.SaveRegistrantProfileRequest{
		RegistrantProfileID: live.ID, RegistrantType: contact.Type, RegistrantProfileType: wire.RegistrantProfileType(want.Registries),
	}
	if want.Default != nil && *want.Default {
		r.DefaultRegistrantProfile = new(true)
	}
	r.Contact, r.ZhContact = contact.Wire()
	c.Steps = []Step{{ID: StepID(c.ID, "save"), Request: r, Check: &wire.VerifyContactFieldRequest{
		RegistrantType: contact.Type, Contact: r.Contact, ZhContact: r.ZhContact,
	}}}
}

// saved returns the contact that a live profile holds when the declared ones have
// been saved.
func (p Profiles) saved(live snapshot.Profile) snapshot.Contact {
	for _, label := range slices.Sorted(maps.Keys(p)) {
		if declared := p[label]; !declared.Delete && declared.matches(profileOf(live)) {
			return declared.Contact.over(contactOf(live.Contact)).snapshot()
		}
	}
	return live.Contact
}

func ambiguousProfiles(found []Profile) string {
	numbers := make([]string, len(found))
	for i, p := range found {
		numbers[i] = strconv.FormatInt(p.ID, 10)
	}
	return fmt.Sprintf("several registrant profiles have its name and e-mail address: give the id of one: %s", strings.Join(numbers, ", "))
}

// profileMembers returns the members of a profile's block.
func profileMembers() []string {
	fields, _ := ContactFields()
	return slices.Concat(ProfileFields(), fields, []string{"zh"})
}

// ProfileFields returns the names of what a profile has besides the fields of
// its contact.
func ProfileFields() []string { return []string{"id", "registries", "default", "delete"} }

func decodeProfiles(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, "registrant profiles by their name")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	all := make(Profiles, len(o.members))
	var problems []Problem
	for _, label := range slices.Sorted(maps.Keys(o.members)) {
		p, wrong := decodeProfile(o.members[label])
		for _, x := range wrong {
			x.Path = append(cty.GetAttrPath(label), x.Path...)
			problems = append(problems, x)
		}
		all[label] = p
	}
	if problems == nil {
		problems = all.conflicts()
	}
	if problems != nil {
		return nil, problems
	}
	return all, nil
}

// conflicts finds profiles that are one profile, and a second default.
func (p Profiles) conflicts() (problems []Problem) {
	labels := slices.Sorted(maps.Keys(p))
	first := ""
	for i, label := range labels {
		one := p[label]
		for _, other := range labels[:i] {
			if same := one.ID != 0 && one.ID == p[other].ID || one.ID == 0 && p[other].ID == 0 && (one.matches(p[other]) || p[other].matches(one)); same {
				problems = append(problems, Problem{Summary: "Duplicate registrant profile", Detail: fmt.Sprintf("The profile %q is the same one.", other), Path: cty.GetAttrPath(label)})
			}
		}
		if one.Default == nil || !*one.Default {
			continue
		}
		if first != "" {
			problems = append(problems, Problem{Summary: "Two default profiles", Detail: fmt.Sprintf("The profile %q is the default, too. One can be.", first), Path: cty.GetAttrPath(label).GetAttr("default")})
		}
		first = label
	}
	return problems
}

func decodeProfile(v cty.Value) (p Profile, problems []Problem) {
	o, problem := newObject(v, "a registrant profile")
	if problem != nil {
		return p, []Problem{*problem}
	}
	contact := maps.Clone(o.members)
	for _, name := range ProfileFields() {
		delete(contact, name)
	}
	if o.has("id") {
		p.ID = int64(o.number("id", 1, 1<<53))
	}
	if o.has("registries") {
		p.Registries = o.text("registries")
		if known := []string{string(wire.CommonProfile), string(wire.CNNICProfile)}; o.problem == nil && !slices.Contains(known, p.Registries) {
			o.fail("registries", "Unknown value", "%q is none of %q and %q.", p.Registries, known[0], known[1])
		}
	}
	p.Default = o.optionalBool("default")
	if gone := o.optionalBool("delete"); gone != nil {
		p.Delete = *gone
	}
	if o.problem != nil {
		problems = append(problems, *o.problem)
	}
	if said := slices.ContainsFunc(slices.Collect(maps.Values(contact)), func(v cty.Value) bool { return !v.IsNull() }); said {
		c, wrong := DecodeContact(cty.ObjectVal(contact))
		p.Contact = c
		problems = append(problems, wrong...)
	}
	if len(problems) == 0 && p.ID == 0 && (p.Contact["name"] == "" || p.Contact["email"] == "") {
		problems = append(problems, Problem{Summary: "Missing argument", Detail: "A profile is found by its id, or by its name and email: declare those."})
	}
	if p.Default != nil && *p.Default && p.Delete {
		problems = append(problems, Problem{Summary: "Conflicting arguments", Detail: "A profile that is deleted cannot be the default.", Path: cty.GetAttrPath("default")})
	}
	if p.Default != nil && !*p.Default {
		p.Default = nil // another one is the default, or none: nothing to do
	}
	return p, problems
}

// ProfileNumber returns the number of the profile whose contact the change gives
// to a name, or for which it registers it; 0 where its request names none.
func (c *Change) ProfileNumber() int64 {
	for i := range c.Steps {
		switch r := c.Steps[i].Request.(type) {
		case *wire.SaveSingleTaskForUpdatingContactInfoRequest:
			return r.RegistrantProfileID
		case *wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest:
			return r.RegistrantProfileID
		case *wire.SaveBatchTaskForCreatingOrderActivateRequest:
			return r.OrderActivateParam[0].RegistrantProfileID
		}
	}
	return 0
}

// savedProfile returns the number of the profile that a change saves, 0 for none
// and for one that is made.
func savedProfile(c *Change) int64 {
	after, _ := c.After.(Profiles)
	return after[c.Element].ID
}
