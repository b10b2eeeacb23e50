package executor_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// dice draws what an account holds, what is declared of it, and what goes wrong.
type dice struct{ *rand.Rand }

func (d dice) one(in int) bool { return d.IntN(in) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// anyOf returns each element with the probability of a half, in order.
func anyOf[T any](d dice, of ...T) []T {
	var chosen []T
	for _, x := range of {
		if d.one(2) {
			chosen = append(chosen, x)
		}
	}
	return chosen
}

var (
	wallets  = []string{"", "0x52908400098527886e0f7030069857d2e4169ee7", "0xde709f2102306220921060314715629080e2fb77"}
	titles   = []string{"", "Sunrise", "Sunset"}
	delegate = [][]string{{"ns0.example.net"}, {"ns1.example.net", "ns2.example.net"}, {"ns1.example.net", "ns1.n00.art"}, {"ns2.n01.art"}, {"dns1.hichina.com", "dns2.hichina.com"}}
	records  = []snapshot.DSRecord{
		{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("A1", 32)},
		{KeyTag: 2, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("B1", 20)},
		{KeyTag: 2, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("B2", 32)},
		{KeyTag: 3, Algorithm: 8, DigestType: 4, Digest: strings.Repeat("C4", 48)},
		{KeyTag: 3, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("C2", 32)},
	}
	addresses = []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}
	labels    = []string{"ns1", "ns2", "@"}
	people    = []string{"ada", "bob", "eve"}
	// suffixes have attributes of their own, and prices; nobody says what a name
	// below .club costs.
	suffixes = []string{"art", "art", "art", "com", "xyz", "cn", "club"}
)

// A draw is an account and what is declared of it.
type draw struct {
	dice
	names   []string // of all that may be declared, or held
	options simulator.Options
	text    string
	calm    bool // nothing goes wrong
}

// drawn draws all that a round is about.
func drawn(d dice) *draw {
	x := &draw{dice: d, calm: d.one(2)}
	for i := range 14 {
		x.names = append(x.names, fmt.Sprintf("n%02d.%s", i, pick(d, suffixes...)))
	}
	x.names[0], x.names[1], x.names[13] = "n00.art", "n01.art", "xn--bcher-kva.art" // whose hosts others use; an IDN
	x.live()
	x.declare()
	x.options.Faults.Limits = map[string]int{"CheckDomain": 1000} // a plan after another would be throttled, and ask again
	if !x.calm {
		x.options.Faults = d.trouble()
	}
	return x
}

// mayDeclare is how many of the names may be declared.
const mayDeclare = 11

// Nobody says what a premium name costs but at its registration: the bound of
// the owner holds for what is cheap.
var (
	cheap = simulator.Prices{Register: 0.1, Renew: 0.1, Redeem: 0.1}
	dear  = simulator.Prices{Register: 50, Renew: 0.1, Redeem: 0.1}
)

// live draws the account.
func (x *draw) live() {
	o := &x.options
	o.Account = &snapshot.Account{FormatVersion: snapshot.FormatVersion, Emails: []snapshot.Email{}, Profiles: []snapshot.Profile{}}
	o.Seed = x.Uint64() | 1
	if x.one(3) {
		o.Readings.ListedNameservers = "Dns"
	}
	o.Readings.PremiumPrice = pick(x.dice, "", "year")
	o.Readings.OrdinaryPrice = pick(x.dice, "", "stated")
	o.Readings.StaticPrice = pick(x.dice, "", "months")
	o.Market = simulator.Market{
		Prices: map[string]simulator.Prices{"*": {Register: 10, Renew: 11, Redeem: 90}, "club": cheap}, ListPrices: x.one(2),
		Promotions: map[string]float64{"P1": 0.1}, Names: make(map[string]wire.Availability), Premium: make(map[string]simulator.Prices),
	}
	for i, name := range x.names {
		if x.one(8) {
			o.Market.Premium[name] = cheap
		}
		switch x.IntN(10) {
		case 0: // nobody has it
		case 1:
			o.Market.Names[name] = wire.Taken
		case 2:
			o.Market.Premium[name] = dear
		case 3:
			o.TransfersIn = append(o.TransfersIn, simulator.TransferIn{
				Name: name, Checks: pick(x.dice, wire.ChecksMail, wire.ChecksNothing), Nameservers: pick(x.dice, delegate...),
				Review: simulator.Duration(time.Hour), Registry: simulator.Duration(time.Duration(1+x.IntN(100)) * time.Hour),
			})
		default:
			n := x.held(name)
			_, n.Premium = o.Market.Premium[name]
			o.Account.Domains = append(o.Account.Domains, n)
			if i >= mayDeclare && x.one(4) {
				expire(&o.Account.Domains[len(o.Account.Domains)-1], -60) // and nothing helps: the service does not tell
			}
		}
	}
	for i, who := range people {
		if x.one(3) {
			continue
		}
		o.Account.Emails = append(o.Account.Emails, snapshot.Email{Address: who + "@example.com", Verified: !x.one(4)})
		if x.IntN(3) > 0 {
			o.Account.Profiles = append(o.Account.Profiles, snapshot.Profile{
				ID: firstProfile + int64(len(o.Account.Profiles)), Kind: pick(x.dice, wire.CommonProfile, wire.CommonProfile, wire.CNICProfile), Default: i == 0,
				RealName: pick(x.dice, wire.RealNamePassed, wire.RealNamePassed, wire.RealNameNone), Contact: person(who),
			})
		}
	}
	o.Account.Sort()
}

// held draws a name of the account.
func (d dice) held(name string) snapshot.Domain {
	n := blank(name, d.one(2))
	n.TransferLock, n.Privacy, n.AutoRenew = wire.Lock(d.one(2)), new(d.one(2)), new(d.one(2))
	if d.one(6) {
		n.TransferLock, n.UpdateLock = wire.LockUnset, wire.LockUnset
	}
	n.Nameservers = slices.Clone(pick(d, delegate...))
	n.DSRecords = append(n.DSRecords, anyOf(d, records...)...)
	if d.one(3) {
		n.DSRecords = []snapshot.DSRecord{}
	}
	for _, label := range anyOf(d, labels...) {
		n.Hosts = append(n.Hosts, snapshot.Host{Name: strings.TrimPrefix(label+"."+name, "@."), Addresses: []string{pick(d, addresses...)}})
	}
	slices.SortFunc(n.Hosts, func(a, b snapshot.Host) int { return strings.Compare(a.Name, b.Name) })
	if attr.Lookup("ens_address").For(name) {
		n.ENSAddress = new(pick(d, wallets...))
	}
	if attr.Lookup("art").For(name) {
		n.Art = &snapshot.Art{Title: pick(d, titles...), Maker: pick(d, titles...)}
	}
	n.Contacts = make(map[wire.ContactType]snapshot.Contact)
	for _, role := range []wire.ContactType{wire.RegistrantContact, wire.AdminContact, wire.BillingContact, wire.TechContact} {
		n.Contacts[role] = person(pick(d, people...))
	}
	switch phase := d.IntN(8); { // else it expires in 200 days
	case phase == 0 && !strings.HasSuffix(name, ".cn"): // whose registry is quick
		expire(&n, -32) // and is redeemed
	case phase == 1:
		expire(&n, -1-d.IntN(28))
	case phase == 2:
		expire(&n, 1+d.IntN(30))
	case phase == 3:
		expire(&n, 300+d.IntN(3000))
	}
	if n.Expires.Before(time.Now()) {
		n.UpdateLock = wire.LockOff
	}
	if d.one(8) {
		n.TransferOut, n.TransferLock = wire.TransferOutPending, wire.LockOff
	}
	if d.one(8) {
		n.RegistrantUpdating = wire.UpdatingPending
	}
	return n
}

func person(name string) snapshot.Contact {
	title := strings.ToUpper(name[:1]) + name[1:]
	return snapshot.Contact{
		Type: wire.Person, Organization: title + " Example", Name: title + " Example", Email: name + "@example.com",
		Country: "GB", Province: "London", City: "London", Address: "1 Example Street", PostalCode: "N1 1AA",
		PhoneCountryCode: "44", Phone: "2000000001",
	}
}

// declare draws the files.
func (x *draw) declare() {
	var b strings.Builder
	fmt.Fprintf(&b, "account {\n  unmanaged = %q\n  emails = [%s]\n}\n", pick(x.dice, "ignore", "report"), strings.Join(x.addresses(), ", "))
	fmt.Fprintf(&b, "limits {\n  batch_size = %d\n  batch_profiles = %t\n}\n", pick(x.dice, 1, 2, 3, 1000), x.one(2))
	fmt.Fprintf(&b, "guard {\n  max_change_percent = 100\n  max_registrant_changes = 1000\n  max_failures = 1000\n%s}\n",
		pick(x.dice, "", "  registrant_transfer_prohibition = false\n", "  registrant_transfer_prohibition = true\n"))
	if !x.one(6) {
		fmt.Fprintf(&b, "budget {\n  amount = %d\n  %s\n}\n", pick(x.dice, 15, 130, 100000), pick(x.dice, "per = \"month\"", "per = \"run\"\n  per_month_max = 5000000"))
	}
	b.WriteString("prices {\n")
	for _, suffix := range []string{"art", "com", "xyz", "cn"} {
		fmt.Fprintf(&b, "  %s = { register = 10, renew = 11, redeem = 90 }\n", suffix)
	}
	b.WriteString("}\n")
	for _, who := range people {
		b.WriteString(labelled("contact", who, contactTexts(person(who))))
	}
	b.WriteString(labelled("contact", "moved", map[string]string{"city": `"Dover"`, "province": `"Kent"`}))
	x.declareProfiles(&b)
	b.WriteString(labelled("template", "base", x.values("", "")))
	b.WriteString(labelled("template", "over", x.values("", "base")))
	x.declareNames(&b)
	x.text = b.String()
}

// addresses draws what is declared of e-mail addresses.
func (x *draw) addresses() []string {
	var list []string
	for _, who := range people {
		switch x.IntN(4) {
		case 0:
			list = append(list, strconv.Quote(who+"@example.com"))
		case 1:
			list = append(list, fmt.Sprintf("{ address = %q, delete = true }", who+"@example.com"))
		}
	}
	return list
}

// declareProfiles declares one profile that the account may have by its name,
// and one by its number.
func (x *draw) declareProfiles(b *strings.Builder) {
	byName := contactTexts(person(pick(x.dice, people...)))
	byName["city"] = pick(x.dice, `"London"`, `"Dover"`)
	if x.one(2) {
		byName["default"] = "true"
	}
	b.WriteString(labelled("registrant_profile", "named", byName))
	byID := map[string]string{"id": "99"} // there is none
	if all := x.options.Account.Profiles; len(all) > 0 && !x.one(5) {
		byID["id"] = strconv.FormatInt(pick(x.dice, all...).ID, 10)
	}
	if x.one(4) {
		byID["delete"] = "true"
	} else {
		byID["city"] = `"Leeds"`
	}
	b.WriteString(labelled("registrant_profile", "numbered", byID))
}

// declareNames declares most names, each by itself or with others.
func (x *draw) declareNames(b *strings.Builder) {
	var together, held []string
	for _, name := range x.names[:mayDeclare] {
		switch {
		case x.one(5):
			together = append(together, name)
		case !x.one(8):
			b.WriteString(labelled("domain", wire.UnicodeName(name), x.values(name, pick(x.dice, "", "base", "over"))))
		}
		if x.one(8) {
			held = append(held, name)
		}
	}
	if len(together) > 0 {
		values := x.values("", "")
		values["names"] = quoted(together)
		values["nameservers"] = `["ns1.${each.name}", "ns1.example.net"]`
		delete(values, "alidns")
		b.WriteString(labelled("domains", "together", values))
	}
	if len(held) > 0 {
		until := time.Now().Add(time.Duration(x.IntN(100)-20) * time.Hour).UTC().Format(time.RFC3339)
		b.WriteString(labelled("hold", "some", map[string]string{"names": quoted(held), "until": strconv.Quote(until), "reason": `"by hand"`}))
	}
}

// values draws what a block declares of a name, "" for any, with a template or
// none ("").
func (x *draw) values(name, template string) map[string]string {
	values := make(map[string]string)
	var said []*attr.Attribute
	for _, a := range attr.OfNames() {
		if a.Suffixes != nil && (name == "" || !a.For(name)) || slices.ContainsFunc(said, a.Contradicts) {
			continue
		}
		switch x.IntN(4) {
		case 0:
			if template != "" {
				values[a.Name] = "null"
			}
		case 1, 2:
			said = append(said, a)
			values[a.Name] = x.value(a)
		}
	}
	if template != "" {
		values["template"] = "template." + template
	}
	for _, setting := range []string{"temporary_unlock", "keep_ds"} {
		if x.one(2) {
			values[setting] = "true"
		}
	}
	if x.one(2) {
		values["ds_hold"] = pick(x.dice, `"0s"`, `"1h"`)
	}
	return values
}

// value draws a value of an attribute.
func (x *draw) value(a *attr.Attribute) string {
	switch a.Name {
	case "nameservers":
		return quoted(pick(x.dice, delegate[:4]...))
	case attr.DSRecords:
		var list []string
		for _, r := range anyOf(x.dice, records...) {
			list = append(list, fmt.Sprintf("{ key_tag = %d, algorithm = %d, digest_type = %d, digest = %q }", r.KeyTag, r.Algorithm, r.DigestType, r.Digest))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case attr.GlueHosts:
		var list []string
		for _, label := range anyOf(x.dice, labels...) {
			list = append(list, fmt.Sprintf("%q = %s", label, quoted(anyOf(x.dice, addresses...))))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case "transfer_lock", attr.UpdateLock, "privacy", "auto_renew":
		return strconv.FormatBool(x.one(2))
	case "ens_address":
		return strconv.Quote(pick(x.dice, wallets...))
	case "art":
		return fmt.Sprintf("{ title = %q }", pick(x.dice, titles...))
	case "registrant", "admin", "billing", "tech":
		return pick(x.dice, "contact.ada", "contact.bob", "contact.eve", "contact.moved", "registrant_profile.named", "registrant_profile.numbered",
			`{ type = "individual", organization = "Bob Example", name = "Bob Example", email = "bob@EXAMPLE.com" }`)
	case "registration":
		return fmt.Sprintf("{ years = %d, registrant_profile = %q, premium = %t%s }", 1+x.IntN(2), pick(x.dice, "Ada Example", "Bob Example", strconv.Itoa(firstProfile)), x.one(2), x.terms())
	case "renewal":
		return fmt.Sprintf("{ min_days_left = %d, years = %d%s }", pick(x.dice, 30, 60, 400, 3000), 1+x.IntN(2), x.terms())
	case "redemption":
		return fmt.Sprintf("{ %s }", strings.TrimPrefix(x.terms(), ", "))
	}
	return a.Doc.Example
}

// terms draws the terms of a purchase.
func (x *draw) terms() (text string) {
	if x.one(2) {
		text += fmt.Sprintf(", max_price = %d", pick(x.dice, 5, 25, 200))
	}
	if x.one(3) {
		text += `, promotion = "P1"`
	}
	return text
}

func contactTexts(c snapshot.Contact) map[string]string {
	return map[string]string{
		"type": `"individual"`, "organization": strconv.Quote(c.Organization), "name": strconv.Quote(c.Name), "email": strconv.Quote(c.Email),
		"country": strconv.Quote(c.Country), "province": strconv.Quote(c.Province), "city": strconv.Quote(c.City), "address": strconv.Quote(c.Address),
		"postal_code": strconv.Quote(c.PostalCode), "phone_country_code": strconv.Quote(c.PhoneCountryCode), "phone": strconv.Quote(c.Phone),
	}
}

// labelled writes a block.
func labelled(kind, label string, values map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q {\n", kind, label)
	for _, argument := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "  %s = %s\n", argument, values[argument])
	}
	b.WriteString("}\n")
	return b.String()
}

func quoted(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// trouble draws what goes wrong. Whether an order whose answer is lost was made
// shows after days only; that has a test of its own.
func (d dice) trouble() simulator.Faults {
	return simulator.Faults{
		Durations:        map[wire.TaskType]simulator.Range{"*": {Max: time.Duration(d.IntN(300)) * time.Second}},
		RegistrantUpdate: simulator.Range{Max: time.Duration(d.IntN(10)) * time.Hour},
		Rules: anyOf(d,
			simulator.Fault{Kind: simulator.FailDetail, Share: 0.2, Count: failures},
			simulator.Fault{Kind: simulator.Throttle, Share: 0.1, Count: 20},
			simulator.Fault{Kind: simulator.Lose, Operation: "SaveSingleTask*", Share: 0.3, Count: 3},
			simulator.Fault{Kind: simulator.Lose, Operation: "SaveBatchTaskForModifying*", Share: 0.5, Count: 2},
			simulator.Fault{Kind: simulator.Fail5xx, Operation: "Query*", Share: 0.1, Count: 10},
			simulator.Fault{Kind: simulator.Steal, Share: 0.1, Count: 5},
		),
	}
}

// failures is how many details fail at most where something goes wrong.
const failures = 6
