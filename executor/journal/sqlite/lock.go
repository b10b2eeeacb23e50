package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

// lockRetry is how often a lock that somebody else holds is tried again.
const lockRetry = 50 * time.Millisecond

// lock takes the lock of a directory and waits for it at most the timeout. The
// lock goes with the process, however that ends.
func lock(ctx context.Context, dir string, c clock.Clock, timeout time.Duration) (*flock.Flock, error) {
	path := filepath.Join(dir, "lock")
	l := flock.New(path, flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err == nil && !ok && timeout > 0 {
		waiting, cancel := c.WithTimeout(ctx, timeout)
		defer cancel()
		ok, err = tryLock(waiting, l, c)
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, &store.LockedError{Where: dir, Holder: holder(path)}
	}
	if err := os.WriteFile(path, fmt.Appendln(nil, store.HolderText(c.Now())), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.Close())
	}
	return l, nil
}

// tryLock tries to take a lock until it gets it or the context ends.
func tryLock(ctx context.Context, l *flock.Flock, c clock.Clock) (bool, error) {
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if ok, err := l.TryLock(); ok || err != nil {
			return ok, err
		}
		_ = c.Sleep(ctx, lockRetry) // the context's end shows above
	}
}

// holder reads who holds a lock; the text is of no consequence.
func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
