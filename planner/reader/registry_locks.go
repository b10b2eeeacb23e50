package reader

import (
	"context"
	"slices"

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
// nothing is said of them.
func (f *fetcher) registryLocks(ctx context.Context) {
	if f.RegistryLocks != nil {
		f.live.RegistryLocks = slices.Clone(f.RegistryLocks)
		return
	}
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
