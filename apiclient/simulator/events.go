package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A RegistryEvent is something that happens to names at their registry, or by
// itself. Queries show it at once, and the change log does not tell it.
type RegistryEvent struct {
	Kind  EventKind `json:"event"`
	Names []string  `json:"names"`
	// Nameservers are those of [Redelegated], which the names get.
	Nameservers []string `json:"nameservers,omitempty"`
}

// EventKind is what happens.
type EventKind string

// What can happen at a registry.
const (
	TransferLocked   EventKind = "transfer_locked"   // the registry locks the names against transfers
	TransferUnlocked EventKind = "transfer_unlocked" // that lock goes
	UpdateLocked     EventKind = "update_locked"     // the registry locks the names against changes
	UpdateUnlocked   EventKind = "update_unlocked"   // that lock goes
	Redelegated      EventKind = "redelegated"       // the nameservers are others
	Unsigned         EventKind = "unsigned"          // the DS records are gone
	OnHold           EventKind = "on_hold"           // nobody has verified the registrant's address: the names do not resolve
	OffHold          EventKind = "off_hold"          // the address is verified
	Expired          EventKind = "expired"           // the names have expired now
	TransferAsked    EventKind = "transfer_asked"    // another registrar has asked for the names
	TransferredAway  EventKind = "transferred_away"  // the names are somebody else's
)

// registryEvents are what each event does to a name.
var registryEvents = map[EventKind]func(e *RegistryEvent, d *snapshot.Domain, now time.Time){
	TransferLocked:   func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.TransferLock = wire.LockOn },
	TransferUnlocked: func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.TransferLock = wire.LockOff },
	UpdateLocked:     func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.UpdateLock = wire.LockOn },
	UpdateUnlocked:   func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.UpdateLock = wire.LockOff },
	Redelegated: func(e *RegistryEvent, d *snapshot.Domain, _ time.Time) {
		d.Nameservers = slices.Sorted(slices.Values(e.Nameservers))
	},
	Unsigned: func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.DSRecords = []snapshot.DSRecord{} },
	OnHold:   func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.EmailHold = true },
	OffHold:  func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.EmailHold = false },
	Expired: func(_ *RegistryEvent, d *snapshot.Domain, now time.Time) {
		d.Expires = now.Truncate(time.Second)
		if d.UpdateLock.On() {
			d.UpdateLock = wire.LockOff // which the service takes off
		}
	},
	TransferAsked:   func(_ *RegistryEvent, d *snapshot.Domain, _ time.Time) { d.TransferOut = wire.TransferOutPending },
	TransferredAway: nil, // nothing of the name is left
}

// EventKinds returns all kinds of events, sorted.
func EventKinds() []EventKind {
	kinds := make([]EventKind, 0, len(registryEvents))
	for k := range registryEvents {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// validate reports the first mistake.
func (e *RegistryEvent) validate() error {
	switch _, known := registryEvents[e.Kind]; {
	case !known:
		kinds := make([]string, 0, len(registryEvents))
		for _, k := range EventKinds() {
			kinds = append(kinds, string(k))
		}
		return fmt.Errorf("there is no event %q, only %s", e.Kind, strings.Join(kinds, ", "))
	case len(e.Names) == 0:
		return fmt.Errorf("event %s: names are missing", e.Kind)
	case (e.Kind == Redelegated) != (len(e.Nameservers) > 0):
		return fmt.Errorf("event %s: nameservers belong to %s, which needs some", e.Kind, Redelegated)
	}
	return nil
}

// Happen lets something happen at the registry of names, past all tasks and
// locks. An error says what is wrong with the event, or which name the account
// lacks; then nothing has happened.
func (s *Simulator) Happen(e RegistryEvent) error {
	if err := e.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	for _, name := range e.Names {
		if s.account.byName[name] == nil {
			return fmt.Errorf("event %s: the account has no name %s", e.Kind, name)
		}
	}
	s.befall(&e, now)
	return nil
}

// befall lets an event happen to those of its names that the account has.
func (s *Simulator) befall(e *RegistryEvent, now time.Time) {
	do := registryEvents[e.Kind]
	for _, name := range e.Names {
		d := s.account.byName[name]
		switch {
		case d == nil:
		case do == nil:
			s.account.remove(name)
		default:
			s.account.change(name, now, func(at *snapshot.Domain) { do(e, at, now) })
			s.observeTransferOut(d, now)
		}
	}
}
