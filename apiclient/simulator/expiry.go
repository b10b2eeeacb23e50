package simulator

import (
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

const day = 24 * time.Hour

// The life of a name around its expiry, as registries of generic suffixes and
// CNNIC have it.
const (
	noticed        = 30 * day // before it: the list asks for renewal
	renewable      = 30 * day // after it: renewal at the normal price
	redeemable     = 29 * day // after that: redemption
	redeemableCN   = 14 * day // the same for names of CNNIC
	aboutToBeFreed = 5 * day  // after that: nothing helps, then the name is gone
)

// phase is where a name stands in its life.
type phase int

const (
	registered phase = iota
	expired          // renewal still helps
	redemption       // only redemption helps
	deletion         // nothing helps
)

func phaseOf(name string, expires, now time.Time) phase {
	switch {
	case now.Before(expires):
		return registered
	case now.Before(expires.Add(renewable)):
		return expired
	case now.Before(redeemableUntil(name, expires)):
		return redemption
	}
	return deletion
}

func redeemableUntil(name string, expires time.Time) time.Time {
	if ofCNNIC(name) {
		return expires.Add(renewable + redeemableCN)
	}
	return expires.Add(renewable + redeemable)
}

// ofCNNIC reports whether CNNIC is the registry of a name: .cn, .中国, .中國.
func ofCNNIC(name string) bool {
	suffix := name[strings.LastIndexByte(name, '.')+1:]
	return suffix == "cn" || suffix == "xn--fiqs8s" || suffix == "xn--fiqz9s"
}

// freedAt is when a name that nobody renewed is free again.
func freedAt(name string, expires time.Time) time.Time {
	return redeemableUntil(name, expires).Add(aboutToBeFreed)
}

// status says what a name that expires then needs.
func status(expires, now time.Time) wire.DomainStatus {
	switch {
	case expires.After(now.Add(noticed)):
		return wire.Normal
	case expires.Add(renewable).After(now):
		return wire.NeedsRenewal
	}
	return wire.NeedsRedemption
}

// watch sees to it that age looks at a name when the next of its dates comes.
func (a *account) watch(d *domain) {
	for _, at := range []time.Time{d.Expires, freedAt(d.Name, d.Expires)} {
		if at.After(a.aged) && (a.next.IsZero() || at.Before(a.next)) {
			a.next = at
		}
	}
}

// age lets the names feel the clock: the service takes the update lock off a
// name that expires, and a name that nobody renewed or redeemed leaves the
// account. What happened before the account was loaded is the snapshot's to
// tell.
func (a *account) age(now time.Time) {
	since := a.aged
	if !now.After(since) {
		return
	}
	a.aged = now
	if a.next.IsZero() || now.Before(a.next) {
		return
	}
	passed := func(at time.Time) bool { return at.After(since) && !at.After(now) }
	a.next = time.Time{}
	for _, d := range a.byName {
		if passed(freedAt(d.Name, d.Expires)) {
			a.free(d.Name)
			continue
		}
		if passed(d.Expires) && d.UpdateLock.On() {
			d.UpdateLock = wire.LockOff
		}
		a.watch(d)
	}
}
