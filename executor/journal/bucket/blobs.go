package bucket

import (
	"context"
	"errors"
	"strings"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Blobs is the [store.Blobs] of an account in a bucket: objects below
// prefix/KIND/ACCOUNT/.
type Blobs struct {
	objects objects
	prefix  string
}

var _ store.Blobs = (*Blobs)(nil)

// OpenBlobs opens the pieces of a kind in the bucket that a URL names.
func OpenBlobs(_ context.Context, state, kind string, o store.Options) (*Blobs, error) {
	if o.Account == "" || o.Endpoint == "" {
		return nil, &store.AccountError{Where: Redacted(state)}
	}
	b, prefix, err := reachBucket(state, o)
	if err != nil {
		return nil, err
	}
	return &Blobs{objects: b, prefix: keyBelow(prefix, kind, accountKey(o.Endpoint, o.Account), "")}, nil
}

// Keys implements [store.Blobs].
func (b *Blobs) Keys(ctx context.Context) ([]string, error) {
	all, err := b.objects.list(ctx, b.prefix, "")
	keys := make([]string, 0, len(all))
	for _, key := range all {
		if key = strings.TrimPrefix(key, b.prefix); store.CheckBlobKey(key) == nil {
			keys = append(keys, key)
		}
	}
	return keys, err
}

// Get implements [store.Blobs].
func (b *Blobs) Get(ctx context.Context, key string) (data []byte, ok bool, err error) {
	o, err := b.objects.get(ctx, b.prefix+key)
	if errors.Is(err, errAbsent) {
		return nil, false, nil
	}
	return o.data, err == nil, err
}

// Put implements [store.Blobs].
func (b *Blobs) Put(ctx context.Context, key string, data []byte) error {
	if err := store.CheckBlobKey(key); err != nil {
		return err
	}
	return b.objects.put(ctx, b.prefix+key, data)
}

// Delete implements [store.Blobs].
func (b *Blobs) Delete(ctx context.Context, keys ...string) error {
	var errs []error
	for _, key := range keys {
		errs = append(errs, b.objects.remove(ctx, b.prefix+key))
	}
	return errors.Join(errs...)
}

// Clear implements [store.Blobs].
func (b *Blobs) Clear(ctx context.Context) error {
	all, err := b.objects.list(ctx, b.prefix, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range all {
		errs = append(errs, b.objects.remove(ctx, key))
	}
	return errors.Join(errs...)
}

// Close implements [store.Blobs].
func (b *Blobs) Close() error { return nil }
