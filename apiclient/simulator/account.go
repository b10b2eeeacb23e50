package simulator

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// domain is one name of the account.
type domain struct {
	snapshot.Domain // its slices are replaced, never changed in place
	entered         int
	open            []*detail // tasks that have not ended
	unread          Registry  // what the registry has otherwise; nil lists: nothing
	bound           *string   // the wallet by the service's own books; nil: as the ENS has it
	prohibited      time.Time // until when it cannot be transferred out
}

// account holds the names, and the orders in which they are listed.
type account struct {
	byName     map[string]*domain
	byInstance map[string]*domain
	elsewhere  map[string]bool             // names that left it for another account or registrar
	last       int                         // the youngest place in the order of entry
	loaded     int                         // the last place of the names that it began with
	sorted     map[wire.OrderKey][]*domain // made when asked for
	aged       time.Time                   // until when the names felt the clock
	next       time.Time                   // when the next of them does; zero: none
}

func (a *account) load(from *snapshot.Account, now time.Time) {
	*a = account{
		byName:     make(map[string]*domain, len(from.Domains)),
		byInstance: make(map[string]*domain, len(from.Domains)),
		elsewhere:  make(map[string]bool),
		aged:       now,
	}
	domains := make([]domain, len(from.Domains))
	for i := range from.Domains {
		domains[i].Domain = complete(from.Domains[i], now)
		a.put(&domains[i])
	}
	a.loaded = a.last
}

// put adds a name, at the end of the order of entry.
func (a *account) put(d *domain) {
	a.last++
	d.entered = a.last
	a.byName[d.Name] = d
	a.byInstance[d.InstanceID] = d
	delete(a.elsewhere, d.Name)
	a.datesChanged(d)
}

// datesChanged is called when the dates of a name may have changed.
func (a *account) datesChanged(d *domain) {
	a.sorted = nil
	a.watch(d)
}

// remove takes a name out of the account: somebody else holds it then.
func (a *account) remove(name string) {
	if a.byName[name] != nil {
		a.elsewhere[name] = true
	}
	a.free(name)
}

// free takes a name out of the account: nobody holds it then.
func (a *account) free(name string) {
	d := a.byName[name]
	if d == nil {
		return
	}
	delete(a.byName, name)
	delete(a.byInstance, d.InstanceID)
	a.sorted = nil
}

// move makes a name the youngest entry, which shifts all pages.
func (a *account) move(name string) {
	if d := a.byName[name]; d != nil {
		a.put(d)
	}
}

func (a *account) change(name string, now time.Time, change func(*snapshot.Domain)) {
	d := a.byName[name]
	known := d != nil
	if !known {
		d = &domain{Domain: snapshot.Domain{Name: name}}
	}
	delete(a.byInstance, d.InstanceID)
	bound := ensAddress(&d.Domain)
	change(&d.Domain)
	if known && d.bound == nil && ensAddress(&d.Domain) != bound {
		d.bound = &bound // others change the ENS, not the service's books
	}
	d.Name = name
	d.Domain = complete(d.Domain, now)
	if !known {
		a.put(d)
	}
	a.byInstance[d.InstanceID] = d
	a.datesChanged(d)
}

// domains returns all names, sorted.
func (a *account) domains(now time.Time) []snapshot.Domain {
	out := make([]snapshot.Domain, 0, len(a.byName))
	for _, d := range a.byName {
		one := d.Domain
		one.Status = status(d.Expires, now)
		out = append(out, one)
	}
	slices.SortFunc(out, func(x, y snapshot.Domain) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// sortedBy returns the names in ascending order of a key, and of entry among
// equals.
func (a *account) sortedBy(key wire.OrderKey) []*domain {
	if list, ok := a.sorted[key]; ok {
		return list
	}
	list := make([]*domain, 0, len(a.byName))
	for _, d := range a.byName {
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y *domain) int {
		order := 0
		switch key {
		case wire.ByRegistration:
			order = x.Registered.Compare(y.Registered)
		case wire.ByExpiration:
			order = x.Expires.Compare(y.Expires)
		}
		return cmp.Or(order, cmp.Compare(x.entered, y.entered))
	})
	if a.sorted == nil {
		a.sorted = make(map[wire.OrderKey][]*domain)
	}
	a.sorted[key] = list
	return list
}

// complete makes up what is not known of a name, from the name and the day: the
// same every time.
func complete(d snapshot.Domain, now time.Time) snapshot.Domain {
	h := hash(d.Name)
	years := int(h % 20)
	if d.Registered.IsZero() {
		day := time.Duration(h>>8%365) * 24 * time.Hour
		second := time.Duration(h>>20%86400) * time.Second
		d.Registered = time.Date(now.Year()-2-years, 1, 1, 0, 0, 0, 0, time.UTC).Add(day + second)
	}
	for n := 1; d.Expires.IsZero(); n++ {
		// The first anniversary that is at least three months away.
		if at := d.Registered.AddDate(n, 0, 0); at.After(now.AddDate(0, 3, 0)) {
			d.Expires = at
		}
	}
	if d.InstanceID == "" {
		d.InstanceID = fmt.Sprintf("S%d%s", d.Registered.Year(), strings.ToUpper(strconv.FormatUint(h, 36)))
	}
	d.Nameservers = orEmpty(d.Nameservers)
	d.DSRecords = orEmpty(d.DSRecords)
	d.Hosts = orEmpty(d.Hosts)
	d.TransferLock = cmp.Or(d.TransferLock, wire.LockUnset)
	d.UpdateLock = cmp.Or(d.UpdateLock, wire.LockUnset)
	if ensSuffixes[suffixOf(d.Name)] {
		d.ENSAddress = cmp.Or(d.ENSAddress, new(string))
	}
	if artSuffix[suffixOf(d.Name)] {
		d.Art = cmp.Or(d.Art, new(snapshot.Art))
	}
	d.TransferOut = cmp.Or(d.TransferOut, wire.TransferOutNormal)
	return d
}

// suffixOf returns the last label of a name.
func suffixOf(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return mix(h.Sum64())
}

// mix spreads the bits of a number over all of its bits (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
