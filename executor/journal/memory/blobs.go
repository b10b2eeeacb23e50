package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// OpenBlobs opens the pieces of a kind.
func (s *State) OpenBlobs(kind string) (store.Blobs, error) {
	if err := store.CheckBlobKey(kind); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs[kind] == nil {
		s.blobs[kind] = make(map[string][]byte)
	}
	return &blobs{s, s.blobs[kind]}, nil
}

// blobs is the [store.Blobs] of a state.
type blobs struct {
	state  *State
	pieces map[string][]byte
}

var _ store.Blobs = (*blobs)(nil)

// Keys implements [store.Blobs].
func (b *blobs) Keys(context.Context) ([]string, error) {
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	return slices.Sorted(maps.Keys(b.pieces)), nil
}

// Get implements [store.Blobs].
func (b *blobs) Get(_ context.Context, key string) (data []byte, ok bool, err error) {
	if err := store.CheckBlobKey(key); err != nil {
		return nil, false, err
	}
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	data, ok = b.pieces[key]
	return bytes.Clone(data), ok, nil
}

// Put implements [store.Blobs].
func (b *blobs) Put(_ context.Context, key string, data []byte) error {
	if err := store.CheckBlobKey(key); err != nil {
		return err
	}
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	b.pieces[key] = append([]byte{}, data...)
	return nil
}

// Delete implements [store.Blobs].
func (b *blobs) Delete(_ context.Context, keys ...string) error {
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	for _, key := range keys {
		delete(b.pieces, key)
	}
	return nil
}

// Clear implements [store.Blobs].
func (b *blobs) Clear(context.Context) error {
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	clear(b.pieces)
	return nil
}

// Close implements [store.Blobs].
func (*blobs) Close() error { return nil }
