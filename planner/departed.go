package planner

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// HeldBefore returns when the account was last known to hold a name, by what the
// journal tells: an order for the name was made then, or a run saw that it had left.
// Of most names it tells nothing.
func HeldBefore(h History, now time.Time) map[string]time.Time {
	held := make(map[string]time.Time)
	note := func(name string, at time.Time) {
		if at.After(held[name]) {
			held[name] = at
		}
	}
	for i := range h.Purchases {
		if p := &h.Purchases[i]; p.Done && !p.Failed {
			name, attribute, _ := strings.Cut(p.Change, "/")
			if !registers(attribute) || now.Sub(p.At) > registrationRetention { // else it is yet to show
				note(name, p.At)
			}
		}
	}
	for mark, at := range h.Seen {
		if r, name := rowOfMark(mark); r != nil && r.left {
			note(name, at)
		}
	}
	return held
}

// NamesThatLeft returns the names of which runs saw that they had left the account.
func NamesThatLeft(h History) (names []string) {
	for mark := range h.Seen {
		if r, name := rowOfMark(mark); r != nil && r.left {
			names = append(names, name)
		}
	}
	return names
}

// registers reports whether changes of an attribute register names.
func registers(attribute string) bool {
	a := attr.Lookup(attribute)
	return a != nil && a.RegistersNames()
}

// leftAt returns when the account was last known to hold a name that it lacks now;
// zero: nobody remembers that it did.
func (d *differ) leftAt(name string) time.Time {
	if left := d.Live.Departed(name); left != nil {
		return left.Seen
	}
	return d.heldBefore[name]
}

// Departed returns the missing names of which a threat says that they left the
// account.
func (p *Plan) Departed() map[string]bool {
	left := make(map[string]bool)
	for i := range p.Threats {
		if r := rowOf(p.Threats[i].ID); r != nil && r.left {
			left[p.Threats[i].Domain] = true
		}
	}
	return left
}

// tellLeft tells of a declared name that left the account. One that the files let end
// was to go, and one that comes back is on its way.
func (t *threatened) tellLeft() (string, time.Time, bool) {
	_, returns := t.in.Live.TransferInState(t.name)
	if t.want != nil && isToEnd(t.want) || returns {
		return "", time.Time{}, false
	}
	text := "The account held the name until about " + attr.Date(t.departed.Seen) + ", and lacks it now. Find out who has it; where that was meant, take it out of the files."
	switch {
	case slices.ContainsFunc(t.changes, func(c attr.Change) bool { return registers(c.Attribute) && c.Planned() }):
		text += " This plan buys it back."
	case t.want != nil && slices.ContainsFunc(t.want.Declared, func(d config.Declared) bool { return d.Attribute.RegistersNames() }):
		text += " It is bought back only where registration says buy_back = true."
	}
	return text, time.Time{}, true
}
