package simulator

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// serverLocked is the state of a registry lock; which number is which is not
// documented.
const serverLocked = "1"

// SetRegistryLock gives a name a registry lock until a time, or takes it off by the
// zero time. No operation does that, and the change log does not tell it.
func (s *Simulator) SetRegistryLock(name string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	if s.serverLocks[name] = until.UTC().Truncate(time.Second); until.IsZero() {
		delete(s.serverLocks, name)
	}
}

// loadRegistryLocks replaces the registry locks by those of a snapshot.
func (s *Simulator) loadRegistryLocks(locks []snapshot.RegistryLock) {
	s.serverLocks = make(map[string]time.Time, len(locks))
	for _, l := range locks {
		s.serverLocks[l.Domain] = l.Expires.UTC().Truncate(time.Second)
	}
}

// registryLocks returns the registry locks of names of the account, sorted.
func (s *Simulator) registryLocks() []snapshot.RegistryLock {
	var locks []snapshot.RegistryLock
	for _, name := range slices.Sorted(maps.Keys(s.serverLocks)) {
		if s.account.byName[name] != nil {
			locks = append(locks, snapshot.RegistryLock{Domain: name, Expires: s.serverLocks[name]})
		}
	}
	return locks
}

func (s *Simulator) listServerLocks(c *call, r *wire.ListServerLockRequest) (wire.Response, error) {
	var found []wire.ServerLock
	for name, until := range s.serverLocks {
		d := s.account.byName[name]
		if d == nil || r.DomainName != "" && r.DomainName != name || !within(until, r.StartExpireDate, r.EndExpireDate) || r.LockProductID != "" {
			continue
		}
		found = append(found, wire.ServerLock{DomainName: name, DomainInstanceID: d.InstanceID, LockInstanceID: "L" + d.InstanceID, UserID: s.options.AccountID, ServerLockStatus: serverLocked, ExpireDate: until})
	}
	slices.SortFunc(found, func(x, y wire.ServerLock) int {
		if r.OrderBy != "" && !x.ExpireDate.Equal(y.ExpireDate) {
			return x.ExpireDate.Compare(y.ExpireDate)
		}
		return strings.Compare(x.DomainName, y.DomainName)
	})
	if r.OrderByType == wire.Descending {
		slices.Reverse(found)
	}
	from, to := bounds(r.Page, len(found))
	return &wire.ListServerLockResponse{Meta: c.meta(), Paged: paged(r.Page, len(found)), Data: append([]wire.ServerLock{}, found[from:to]...)}, nil
}
