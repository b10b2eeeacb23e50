package attr

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

// RegistrationName is the name of the attribute that registers names.
const RegistrationName = "registration"

var registration = &Attribute{
	Name:     RegistrationName,
	LogWords: []string{"REGISTRATION"},
	Facts:    snapshot.Presence,
	Safety:   func(Input) snapshot.Facts { return snapshot.Profiles },
	Hazard:   Money,
	PriceOf:  func(p *Prices) *Amount { return p.Register },

	Decode:    decodeRegistration,
	Observe:   observeHolding,
	Cty:       ctyRegistration,
	unmarshal: unmarshalRegistration,
	diff:      registrationChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForCreatingOrderActivateRequest{}, &wire.CheckDomainRequest{}, &wire.QueryRegistrantProfilesRequest{}},
	Doc: Doc{
		Type:    "object",
		Summary: "Registers the name for `years` (1) when the account lacks it, in the name of the `registrant_profile`: its number, or the registrant's name.",
		Example: `{ years = 1, registrant_profile = "Example Ltd", max_price = 20 }`,
		Reads:   "QueryDomainList; of names that the account lacks QueryDomainByDomainName, CheckDomain and QueryRegistrantProfiles",
		Calls:   "SaveBatchTaskForCreatingOrderActivate",
		Notes:   "It costs money: nothing is bought without a budget block, nor where neither the service, prices nor max_price says what it costs. The real name of the profile must be verified. A premium name needs premium = true and max_price, and so does one whose registry sets the price; what the service tells for several years of it may be the price of each, so that the larger sum counts, and where it tells none the name is not bought. List prices that the service tells are in CNY, and count where the budget is. A name that somebody else holds is blocked. The order carries what it can of what else is declared of the name: two nameservers, or alidns, and privacy; the rest follows in the same apply. A name that holds a trademark is refused without trademark = true, which says that you may have it. A name that the account held before and that left it is not bought back without buy_back = true. coupon and promotion are numbers of vouchers.",
	},
}

// Registration is how a name is registered that the account lacks.
type Registration struct {
	Years   int    `json:"years"`
	Profile string `json:"registrant_profile"` // its number, or the registrant
	Premium bool   `json:"premium,omitempty"`
	// Trademark says that the name is ordered though it holds a trademark.
	Trademark bool `json:"trademark,omitempty"`
	// BuyBack says that the name is ordered though the account held it before.
	BuyBack bool `json:"buy_back,omitempty"`
	Terms
}

// Equal reports whether both are the same order.
func (r Registration) Equal(other Value) bool {
	o, ok := other.(Registration)
	return ok && r == o
}

// Term returns the years.
func (r Registration) Term() int { return r.Years }

// String writes the order in words.
func (r Registration) String() string {
	text := fmt.Sprintf("%s for the profile %s", words.Count(r.Years, "year"), r.Profile)
	if r.Premium {
		text += ", premium as well"
	}
	if r.Trademark {
		text += ", though it holds a trademark"
	}
	if r.BuyBack {
		text += ", though it was held before"
	}
	return text + r.words()
}

// Holding is who holds a name.
type Holding string

// registered is the holding of a name of the account.
const registered Holding = "registered"

// Equal reports whether both are the same holding.
func (h Holding) Equal(other Value) bool { return h == other }

// String returns the holding in words.
func (h Holding) String() string { return string(h) }

// observeHolding returns nil for a name that can be registered.
func observeHolding(d *snapshot.Domain) Value {
	switch {
	case d.Offer == nil:
		return registered
	case d.Offer.Availability == wire.Available:
		return nil
	case d.Offer.Availability == wire.Taken:
		return Holding("somebody else's")
	}
	return Holding("not to be had: " + unavailableReason(d.Offer))
}

// unavailable says why the service does not register a name.
var unavailable = map[wire.Availability]string{
	wire.PreRegistration: "it can be registered in advance only",
	wire.PreDeletion:     "it is about to be deleted",
	wire.Suspended:       "registrations are suspended",
	wire.Blacklisted:     "it is on a blacklist",
}

// unavailableReason is what the service says of it, and else what its answer
// means.
func unavailableReason(o *snapshot.Offer) string {
	return cmp.Or(o.Reason, unavailable[o.Availability], "its availability is "+string(o.Availability))
}

func decodeRegistration(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, `an object such as { registrant_profile = "Example Ltd", years = 1, max_price = 20 }`)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	o.only(append([]string{"years", "registrant_profile", "premium", "trademark", "buy_back"}, termNames...))
	r := Registration{Years: 1, Profile: strings.TrimSpace(o.text("registrant_profile"))}
	if o.problem == nil && r.Profile == "" {
		o.fail("registrant_profile", "No profile", "registrant_profile is the number of a profile, or its registrant.")
	}
	if o.has("years") {
		r.Years = o.number("years", 1, maxYears)
	}
	r.Premium, r.Trademark, r.BuyBack = o.boolOrFalse("premium"), o.boolOrFalse("trademark"), o.boolOrFalse("buy_back")
	r.Terms = o.terms()
	if o.problem != nil {
		return nil, []Problem{*o.problem}
	}
	return r, nil
}

// ctyRegistration writes an order. A live state gives none: an import declares
// no purchases.
func ctyRegistration(v Value) cty.Value {
	r, ok := v.(Registration)
	if !ok {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	members := map[string]cty.Value{"years": cty.NumberIntVal(int64(r.Years)), "registrant_profile": cty.StringVal(r.Profile)}
	if r.Premium {
		members["premium"] = cty.True
	}
	if r.Trademark {
		members["trademark"] = cty.True
	}
	if r.BuyBack {
		members["buy_back"] = cty.True
	}
	r.cty(members)
	return cty.ObjectVal(members)
}

// unmarshalRegistration reads a holding, which is a text, or an order.
func unmarshalRegistration(data []byte) (Value, error) {
	if data[0] == '"' {
		return unmarshalAs[Holding](data)
	}
	var r Registration
	err := json.Unmarshal(data, &r)
	return r, err
}

func registrationChanges(a *Attribute, in Input) []Change {
	live := a.Observe(in.Live)
	if live == Value(registered) {
		return nil
	}
	want, offer := in.Desired.(Registration), in.Live.Offer
	id := ChangeID(in.Name, a.Name)
	c := Change{
		ID: id, Domain: in.Name, Attribute: a.Name, Action: Create, Hazard: a.Hazard, Status: Ready, Before: live, After: registered,
	}
	profile, why := findProfile(in.Account, want.Profile)
	if profile != nil {
		if label := in.Policy.Profiles.deletedLabel(profileOf(*profile)); label != "" {
			profile, why = nil, fmt.Sprintf("the registrant profile %q is declared to be deleted: name another one", label)
		}
	}
	switch {
	case live != nil && offer.Availability == wire.Taken:
		c.Block(Blocked, "somebody else holds the name: take it out of the files, or have it transferred into the account")
	case live != nil:
		c.Block(Blocked, "the service does not register the name now: %s; take it out of the files, or try again later", unavailableReason(offer))
	case !in.Left.IsZero() && !want.BuyBack:
		c.Block(Blocked, "the account held the name until about %s, and it left: find out why; set buy_back = true to buy it all the same", in.Left.UTC().Format(time.DateOnly))
	case offer.Premium && !want.Premium:
		c.Block(Blocked, "it is a premium name with a price of its own: set premium = true and max_price to buy it all the same")
	case offer.Premium && !(offer.Price > 0):
		c.Block(Blocked, "it is a premium name, and the service does not say what it costs")
	case profile == nil:
		c.Block(Blocked, "%s", why)
	case profile.EmailVerified != nil && !*profile.EmailVerified:
		c.awaitVerification(in, snapshot.CanonicalEmail(profile.Contact.Email))
	}
	want.setCost(&c, want.Years, offerPrice(in, want), in.Prices.Currency, offer.Premium)
	if offer.Premium {
		want.checkPrice(&c, amountOf(offer.Price), offer.Currency, in.Prices.Currency)
	}
	if profile == nil {
		return []Change{c}
	}
	order := wire.Registration{DomainName: in.Name, SubscriptionDuration: want.Years, Registrant: wire.Registrant{RegistrantProfileID: profile.ID}}
	if offer.Premium {
		order.PermitPremiumActivation = new(true)
	}
	if want.Trademark {
		order.TrademarkDomainActivation = new(true)
	}
	c.Steps = []Step{{ID: StepID(id, "register"), Request: &wire.SaveBatchTaskForCreatingOrderActivateRequest{
		OrderActivateParam: []wire.Registration{order}, Payment: want.payment(),
	}}}
	return []Change{c}
}

// OrderOf returns the order of a change that registers a name, to be filled
// anew with what other attributes declare: it carries nothing of them yet. Nil
// where the change orders nothing. The change has an order of its own then.
func OrderOf(c *Change) *wire.Registration {
	if !c.registersNow() {
		return nil
	}
	r := *c.Steps[0].Request.(*wire.SaveBatchTaskForCreatingOrderActivateRequest)
	order := r.OrderActivateParam[0]
	order.AliyunDNS, order.DNS1, order.DNS2, order.EnableDomainProxy = nil, "", "", nil
	r.OrderActivateParam = []wire.Registration{order}
	c.Steps = slices.Clone(c.Steps)
	c.Steps[0].Request = &r
	return &r.OrderActivateParam[0]
}

// LimitOrder takes out of the order of a change what the order of another one
// does not carry.
func LimitOrder(c, than *Change) {
	if !c.registersNow() || !than.registersNow() {
		return
	}
	carried, others := c.registrations()[0], than.registrations()[0]
	order := OrderOf(c)
	if others.AliyunDNS != nil {
		order.AliyunDNS, order.DNS1, order.DNS2 = carried.AliyunDNS, carried.DNS1, carried.DNS2
	}
	if others.EnableDomainProxy != nil {
		order.EnableDomainProxy = carried.EnableDomainProxy
	}
}

// registersNow reports whether a change registers a name now.
func (c *Change) registersNow() bool {
	return c.Attribute == RegistrationName && c.Status == Ready && len(c.Steps) > 0
}

// registrations are what a change orders that registers a name.
func (c *Change) registrations() []wire.Registration {
	return c.Steps[0].Request.(*wire.SaveBatchTaskForCreatingOrderActivateRequest).OrderActivateParam
}

// OrderedName returns a name as far as the change that registers it says what it
// is: it has the contacts of the profile, and nothing else. Nil for other changes.
func OrderedName(c *Change, account *snapshot.Account, policy Policy) *snapshot.Domain {
	if !c.registersNow() {
		return nil
	}
	d := &snapshot.Domain{
		Name: c.Domain, InstanceID: c.Domain, Registered: account.ReadAt, Expires: account.ReadAt.AddDate(c.Cost.Years, 0, 0),
		Status: wire.Normal, TransferOut: wire.TransferOutNormal, RegistrantUpdating: wire.UpdatingNormal,
		TransferLock: wire.LockUnset, UpdateLock: wire.LockUnset, Privacy: new(false), AutoRenew: new(false), ENSAddress: new(""), Art: new(snapshot.Art),
		Nameservers: []string{}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		Contacts: make(map[wire.ContactType]snapshot.Contact),
	}
	number := c.registrations()[0].RegistrantProfileID
	for _, p := range account.Profiles {
		if p.ID != number {
			continue
		}
		contact := policy.Profiles.saved(p)
		for role := range snapshot.ContactFacts {
			d.Contacts[role] = shownAs(role, contact)
		}
	}
	return d
}

// shownAs is how the service shows a contact: it tells the kind of the registrant
// alone.
func shownAs(role wire.ContactType, c snapshot.Contact) snapshot.Contact {
	if role != wire.RegistrantContact {
		c.Type = ""
	}
	return c
}

// offerPrice returns what a registration costs: what the service says in the
// budget's currency, else the list price, which says nothing of premium names.
func offerPrice(in Input, want Registration) *Amount {
	offer := in.Live.Offer
	if offer.Price > 0 && offer.Years == want.Years && string(offer.Currency) == in.Prices.Currency {
		return amountOf(offer.Price)
	}
	if offer.Premium {
		return nil
	}
	return times(in.Prices.Register, want.Years)
}

// findProfile returns the account's profile of that number or registrant whose
// real name is verified, or why there is none.
func findProfile(account *snapshot.Account, name string) (found *snapshot.Profile, why string) {
	if account == nil {
		return nil, "the account's registrant profiles are not known"
	}
	number, _ := strconv.ParseInt(name, 10, 64)
	var numbers []string
	unverified := false
	for i := range account.Profiles {
		p := &account.Profiles[i]
		if p.ID != number && p.Contact.Organization != name && p.Contact.Name != name {
			continue
		}
		if !p.RealName.Passed() {
			unverified = true
			continue
		}
		found = p
		numbers = append(numbers, strconv.FormatInt(p.ID, 10))
	}
	switch {
	case len(numbers) > 1:
		return nil, fmt.Sprintf("several registrant profiles are called %q: give the number of one: %s", name, strings.Join(numbers, ", "))
	case found == nil && unverified:
		return nil, fmt.Sprintf("the real name of the registrant profile %q is not verified: have the service verify it, or name a profile whose name is", name)
	case found == nil:
		return nil, fmt.Sprintf("the account has no registrant profile %q: domainsync profiles list shows those that it has", name)
	}
	return found, ""
}
