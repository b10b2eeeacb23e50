package reader

import (
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	lockOperation = "ListServerLock"
	// lockPage is the number of registry locks in a page, the service's own.
	lockPage = 500
)

// registryLocks reads until when names have a registry lock, where the service has
// the list of these. Nothing rests on it but a threat: where it cannot be read,
// what
// was read before is said of them, with its time.
func (f *fetcher) registryLocks(ctx context.Context) {
	if f.RegistryLocks != nil {
		f.live.RegistryLocks = slices.Clone(f.RegistryLocks)
		return
	}
	f.live.RegistryLocks = f.standingLocks()
	if f.Optional.Lacks(lockOperation) {
		return
	}
	locks := []snapshot.RegistryLock{}
	req := &wire.ListServerLockRequest{Page: wire.Page{PageSize: lockPage}}
	call := func(ctx context.Context, r *wire.ListServerLockRequest) (*wire.ListServerLockResponse, error) {
		f.counted(lockOperation)
		return f.r.ListServerLock(ctx, r)
	}
	err := eachPage(ctx, req, call, func(page *wire.ListServerLockResponse) bool {
		for i := range page.Data {
			if l := &page.Data[i]; !l.ExpireDate.IsZero() && f.live.Domain(l.DomainName) != nil {
				locks = append(locks, snapshot.RegistryLock{Domain: l.DomainName, Expires: l.ExpireDate.UTC()})
			}
		}
		return false
	})
	f.Optional.Note(lockOperation, err)
	if err == nil {
		f.live.RegistryLocks = locks
		f.live.Sort()
	}
}

// standingLocks are the registry locks of readings of before that still run: that the
// service does not tell a lock now does not end it. Nil: none was read. Like other
// readings none stands for longer than [Earlier.MaxAge].
func (f *fetcher) standingLocks() (locks []snapshot.RegistryLock) {
	if f.Earlier == nil || f.Earlier.Readings == nil {
		return nil
	}
	now := f.live.ReadAt
	for _, l := range f.Earlier.Readings.Account.RegistryLocks {
		if f.live.Domain(l.Domain) != nil && l.Expires.After(now) && now.Sub(l.Read) < f.Earlier.MaxAge(l.Domain) {
			locks = append(locks, l)
		}
	}
	return locks
}

// keptLocks are the registry locks that a reading keeps: those that it has, or of which
// nothing tells that they have changed.
func (f *fetcher) keptLocks() []snapshot.RegistryLock {
	if f.live.RegistryLocks == nil && f.Keeper.Before != nil {
		return f.Keeper.Before.Account.RegistryLocks
	}
	return f.live.RegistryLocks
}

// timedLocks are registry locks with the times at which they were read, all those that
// do not tell it at one.
func timedLocks(locks []snapshot.RegistryLock, at time.Time) []snapshot.RegistryLock {
	locks = slices.Clone(locks)
	for i := range locks {
		if locks[i].Read.IsZero() {
			locks[i].Read = at.UTC()
		}
	}
	return locks
}
