package executor_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// untouched compares the account with that of the twin, which is what it would
// be without us: all of it but what is declared.
func (l *lawful) untouched(is, would *snapshot.Account) {
	l.t.Helper()
	names := make(map[string]bool)
	for _, a := range []*snapshot.Account{l.start, is, would} {
		for i := range a.Domains {
			names[a.Domains[i].Name] = true
		}
	}
	bought := make(map[string]bool)
	for _, p := range l.sim.Purchases() {
		bought[p.Domain] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		x, y := is.Domain(name), would.Domain(name)
		if x != nil && y == nil && bought[name] { // it would be gone, or has come
			if y = l.start.Domain(name); y == nil {
				continue
			}
		}
		if x == nil || y == nil {
			if x != y {
				l.t.Errorf("%s is held: %t, and would be without us: %t", name, x != nil, y != nil)
			}
			continue
		}
		want, contacts := l.wanted(name), make(map[wire.ContactType]snapshot.Contact)
		maps.Copy(contacts, x.Contacts) // nobody says which ones a name has that came
		maps.Copy(contacts, y.Contacts)
		y = new(*y)
		y.Contacts = contacts
		if diff := cmp.Diff(undeclared(want, *y, bought[name]), undeclared(want, *x, bought[name])); diff != "" {
			l.t.Errorf("%s has what is not declared:\n%s", name, diff)
		}
	}
	l.untouchedAccount(is, would)
}

// undeclared returns what of a name is not declared. A purchase keeps what the
// expiry would have taken.
func undeclared(want *config.Domain, d snapshot.Domain, bought bool) (rest map[string]any) {
	var hosts []snapshot.Host
	glue, _ := want.Value(attr.GlueHosts).(attr.HostObjects)
	for _, h := range d.Hosts {
		label := strings.TrimSuffix(h.Name, "."+d.Name)
		if h.Name == d.Name {
			label = "@"
		}
		if _, declared := glue[label]; !declared {
			hosts = append(hosts, h)
		}
	}
	d.Hosts = hosts
	rest = members(d)
	contacts, _ := rest["contacts"].(map[string]any)
	for _, x := range want.Declared {
		switch name := x.Attribute.Name; name {
		case "nameservers", "alidns":
			delete(rest, "nameservers")
		case "registrant", "admin", "billing", "tech":
			if name == attr.Registrant {
				delete(rest, "registrant_updating")
				delete(rest, "real_name")
			}
			c, _ := contacts[name].(map[string]any)
			for field := range x.Value.(attr.Contact) {
				if field == attr.RegistrantProfile {
					delete(contacts, name)
				}
				delete(c, field)
			}
			delete(c, "type") // which queries do not tell, and each change must
		case "art":
			art, _ := rest["art"].(map[string]any)
			for member := range x.Value.(attr.Artwork) {
				delete(art, member)
			}
		case attr.GlueHosts:
		default:
			delete(rest, name)
		}
	}
	if bought {
		for _, name := range []string{"expires", "status", "update_lock"} {
			delete(rest, name)
		}
	}
	return rest
}

// members returns a value as JSON has it.
func members(v any) map[string]any {
	text, err := json.Marshal(v)
	all := make(map[string]any)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic(err)
	}
	return all
}

// untouchedAccount compares what the account itself has.
func (l *lawful) untouchedAccount(is, would *snapshot.Account) {
	l.t.Helper()
	addresses, profiles := make(attr.Emails), []attr.Profile{}
	chosen := false
	for _, x := range l.portfolio.Declared {
		switch v := x.Value.(type) {
		case attr.Emails:
			maps.Copy(addresses, v)
		case attr.Profiles:
			for _, p := range v {
				profiles = append(profiles, p)
				chosen = chosen || p.Default != nil
			}
		}
	}
	others := func(a *snapshot.Account) (emails []snapshot.Email, rest []snapshot.Profile) {
		for _, e := range a.Emails {
			if addresses[e.Address] == "" {
				emails = append(emails, e)
			}
		}
		for _, p := range a.Profiles {
			ours := func(said attr.Profile) bool {
				return said.ID == p.ID || said.ID == 0 && said.Contact["name"] == p.Contact.Name && said.Contact["email"] == p.Contact.Email
			}
			if chosen {
				p.Default = false // another one is
			}
			if !slices.ContainsFunc(profiles, ours) {
				rest = append(rest, p)
			}
		}
		return emails, rest
	}
	emails, rest := others(is)
	wouldEmails, wouldRest := others(would)
	if diff := cmp.Diff(wouldEmails, emails) + cmp.Diff(wouldRest, rest); diff != "" {
		l.t.Errorf("the account has what is not declared:\n%s", diff)
	}
	var arriving, wouldArrive []string
	for _, t := range l.sim.TransfersIn() {
		arriving = append(arriving, t.DomainName+" "+string(t.SimpleTransferInStatus))
	}
	for _, t := range l.twin.TransfersIn() {
		wouldArrive = append(wouldArrive, t.DomainName+" "+string(t.SimpleTransferInStatus))
	}
	if diff := cmp.Diff(wouldArrive, arriving); diff != "" {
		l.t.Errorf("transfers are not what they would be:\n%s", diff)
	}
}

// shows reports whether a name has what is declared of it, as the service's
// state says it.
func (l *lawful) shows(is *snapshot.Domain, x config.Declared) bool {
	switch v := x.Value.(type) {
	case attr.NameserverSet:
		return slices.Equal(is.Nameservers, v)
	case attr.DSSet:
		want := make([]snapshot.DSRecord, len(v))
		for i, r := range v {
			want[i] = r.DSRecord
		}
		return cmp.Equal(is.DSRecords, want)
	case attr.HostObjects:
		return l.showsHosts(is, v)
	case attr.Contact:
		return l.showsContact(is.Contacts[wire.ContactType(x.Attribute.Name)], v, x.Attribute.Name)
	case attr.Wallet:
		return *is.ENSAddress == string(v)
	case attr.Artwork:
		have := members(is.Art)
		for member, text := range v {
			if now, _ := have[member].(string); now != text {
				return false
			}
		}
	case attr.Renewal:
		now := time.Now()
		return !is.Expires.Before(now.AddDate(0, 0, v.MinDaysLeft)) || is.Expires.AddDate(1, 0, 0).After(now.AddDate(10, 0, 0))
	case attr.Redemption:
		return is.Status != wire.NeedsRedemption
	case attr.AutoRenew:
		return renewsItself(is) == bool(v)
	case attr.Bool:
		return l.showsBool(is, x.Attribute.Name, bool(v))
	}
	return true
}

func (l *lawful) showsBool(is *snapshot.Domain, attribute string, on bool) bool {
	switch attribute {
	case "transfer_lock":
		return is.TransferLock.On() == on
	case attr.UpdateLock:
		return is.UpdateLock.On() == on
	case "privacy":
		return private(is) == on
	}
	own := func(server string) bool { return strings.HasSuffix(server, ".hichina.com") }
	return len(is.Nameservers) > 0 && !slices.ContainsFunc(is.Nameservers, func(s string) bool { return !own(s) })
}

func renewsItself(d *snapshot.Domain) bool { return d.AutoRenew != nil && *d.AutoRenew }

func private(d *snapshot.Domain) bool { return d.Privacy != nil && *d.Privacy }

func (l *lawful) showsHosts(is *snapshot.Domain, want attr.HostObjects) bool {
	for label, addresses := range want {
		name := strings.TrimPrefix(label+"."+is.Name, "@.")
		i := slices.IndexFunc(is.Hosts, func(h snapshot.Host) bool { return h.Name == name })
		switch {
		case i < 0 && len(addresses) > 0, i >= 0 && !slices.Equal(is.Hosts[i].Addresses, addresses):
			return false
		}
	}
	return true
}

// showsContact compares the declared fields of a contact, or a profile's. The
// service tells the kind of a registrant only.
func (l *lawful) showsContact(is snapshot.Contact, want attr.Contact, role string) bool {
	if label := want[attr.RegistrantProfile]; label != "" {
		return slices.ContainsFunc(l.sim.State().Profiles, func(p snapshot.Profile) bool {
			p.Contact.Type = is.Type
			return cmp.Equal(p.Contact, is)
		})
	}
	have := members(is)
	for field, text := range want {
		if now, _ := have[field].(string); now != text && field != "type" {
			return false
		}
	}
	return want["type"] == "" || role != attr.Registrant || is.Type == wire.Person
}

// calledAsDeclared checks that nothing was written that no declared attribute
// says that it writes.
func (l *lawful) calledAsDeclared() {
	l.t.Helper()
	may := "AcknowledgeTaskResult, VerifyEmail, " + updateLock // the lock is opened for others
	for i := range l.portfolio.Domains {
		for _, x := range l.portfolio.Domains[i].Declared {
			may += ", " + x.Attribute.Doc.Calls
		}
	}
	for _, x := range l.portfolio.Declared {
		may += ", " + x.Attribute.Doc.Calls
	}
	for operation := range l.sim.Stats() {
		if wire.Lookup(operation).Access == wire.Write && !slices.Contains(strings.Split(may, ", "), operation) {
			l.t.Errorf("%s was called, and nothing of it is declared", operation)
		}
	}
}

// savedAgain counts changes but of locks that were saved more than once.
func (l *lawful) savedAgain() (again int) {
	for change, n := range l.sim.Saved() {
		if !strings.HasPrefix(change, updateLock) {
			again += n - 1
		}
	}
	return again
}
