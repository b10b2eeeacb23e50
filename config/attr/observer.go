package attr

import "github.com/domainsync/domainsync/apiclient/snapshot"

// An Observer tells what of a live state changes are about. Changes of one
// attribute of one name that come one after the other share what is observed:
// there may be thousands of them, one for each element.
type Observer struct {
	live  *snapshot.Account
	last  observed
	looks int // at whole values, so far: what it costs
}

// observed is the whole value of an attribute of a name.
type observed struct {
	attribute *Attribute
	domain    string
	value     Value
	known     bool
}

// NewObserver returns an observer of a live state.
func NewObserver(live *snapshot.Account) *Observer { return &Observer{live: live} }

// Observe returns the live value of what a change is about, to compare with its
// Before and After; ok is false where it is not known.
func (o *Observer) Observe(c *Change) (v Value, ok bool) {
	a := Lookup(c.Attribute)
	if a == nil {
		return nil, false
	}
	if last := &o.last; last.attribute != a || last.domain != c.Domain {
		*last = observed{attribute: a, domain: c.Domain}
		last.value, last.known = o.whole(a, c.Domain)
	}
	if !o.last.known {
		return nil, false
	}
	return a.part(o.last.value, c), true
}

// ObserveElement returns the live value of an element of an attribute of a name, or of
// the attribute as a whole where element is ""; ok is false where it is not known.
func (o *Observer) ObserveElement(domain, attribute, element string) (v Value, ok bool) {
	return o.Observe(&Change{Domain: domain, Attribute: attribute, Element: element})
}

// whole returns the live value of an attribute of a name, or of the account.
func (o *Observer) whole(a *Attribute, domain string) (v Value, known bool) {
	o.looks++
	if a.ObserveAccount != nil {
		if !o.live.Has(a.Facts) {
			return nil, false
		}
		return a.ObserveAccount(o.live), true
	}
	d := o.live.Domain(domain)
	if d == nil || !o.live.Knows(d, a.Facts) {
		return nil, false
	}
	return a.Observe(d), true
}
