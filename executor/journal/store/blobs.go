package store

import (
	"context"
	"fmt"
	"strings"
)

// Blobs keep pieces of data of one account beside its journal, each under a key.
// Nothing there is a fact: a piece may be deleted at any time, and two processes
// may write at once, so nobody has to hold the account. They are safe for use by
// many goroutines at once.
//
// A piece comes back as it was put, or not at all. One that was put over another
// replaces it.
type Blobs interface {
	// Keys returns all keys in the order of their bytes.
	Keys(ctx context.Context) ([]string, error)
	// Get returns a piece; ok is false where there is none.
	Get(ctx context.Context, key string) (data []byte, ok bool, err error)
	// Put keeps a piece.
	Put(ctx context.Context, key string, data []byte) error
	// Delete forgets pieces, also where there are none.
	Delete(ctx context.Context, keys ...string) error
	// Clear forgets all pieces, and what a write that did not end has left. A write
	// that goes on meanwhile may fail, or stay.
	Clear(ctx context.Context) error
	// Close frees what the connection holds.
	Close() error
}

// CheckBlobKey refuses keys that some place could not keep: they have 1 to 100
// characters of a-z, 0-9, dot and hyphen, and do not begin with a dot.
func CheckBlobKey(key string) error {
	strange := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' }
	if key == "" || len(key) > 100 || key[0] == '.' || strings.ContainsFunc(key, strange) {
		return fmt.Errorf("%q is no key of a piece of data", key)
	}
	return nil
}
