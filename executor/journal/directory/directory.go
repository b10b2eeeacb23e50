// Package directory keeps pieces of data that may be lost as files in a state
// directory, beside the journal.
package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Blobs is the [store.Blobs] of a directory. It makes the directory at the first
// write.
type Blobs struct{ dir string }

var _ store.Blobs = (*Blobs)(nil)

// Open returns the pieces of a kind in a state directory, in a directory of that
// name.
func Open(state, kind string) (*Blobs, error) {
	if err := store.CheckBlobKey(kind); err != nil {
		return nil, err
	}
	return &Blobs{filepath.Join(state, kind)}, nil
}

// half begins the names of files that are being written.
const half = ".new-"

// oldHalf is how long a file that is being written stays before it counts as
// that of a process that died.
const oldHalf = time.Hour

// Keys implements [store.Blobs].
func (b *Blobs) Keys(context.Context) ([]string, error) {
	entries, err := os.ReadDir(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var keys []string
	for _, e := range entries {
		if e.Type().IsRegular() && store.CheckBlobKey(e.Name()) == nil {
			keys = append(keys, e.Name())
		}
	}
	slices.Sort(keys)
	return keys, err
}

// Get implements [store.Blobs].
func (b *Blobs) Get(_ context.Context, key string) (data []byte, ok bool, err error) {
	if err := store.CheckBlobKey(key); err != nil {
		return nil, false, err
	}
	data, err = os.ReadFile(filepath.Join(b.dir, key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// Put implements [store.Blobs]: a file comes to its name as a whole. Nothing is
// synced: what a crash of the machine loses is read again.
func (b *Blobs) Put(_ context.Context, key string, data []byte) error {
	if err := store.CheckBlobKey(key); err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	fresh := filepath.Join(b.dir, half+rand.Text())
	err := os.WriteFile(fresh, data, 0o600)
	if err == nil {
		err = os.Rename(fresh, filepath.Join(b.dir, key))
	}
	if err != nil {
		return errors.Join(err, ignoreAbsent(os.Remove(fresh)))
	}
	return nil
}

// Delete implements [store.Blobs]. It removes what processes that died have left,
// too.
func (b *Blobs) Delete(_ context.Context, keys ...string) error {
	var errs []error
	for _, key := range keys {
		if err := store.CheckBlobKey(key); err != nil {
			return err
		}
		errs = append(errs, ignoreAbsent(os.Remove(filepath.Join(b.dir, key))))
	}
	return errors.Join(append(errs, b.sweep())...)
}

// sweep removes files that nobody goes on writing. Their age is that of the disk:
// the program's own clock may be moved.
func (b *Blobs) sweep() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return ignoreAbsent(err)
	}
	var newest time.Time
	ages := make(map[string]time.Time)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // it is gone
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		if strings.HasPrefix(e.Name(), half) {
			ages[e.Name()] = info.ModTime()
		}
	}
	var errs []error
	for name, at := range ages {
		if newest.Sub(at) > oldHalf {
			errs = append(errs, ignoreAbsent(os.Remove(filepath.Join(b.dir, name))))
		}
	}
	return errors.Join(errs...)
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Clear implements [store.Blobs]: whatever lies in the directory goes.
func (b *Blobs) Clear(context.Context) error { return os.RemoveAll(b.dir) }

// Close implements [store.Blobs].
func (b *Blobs) Close() error { return nil }
