// Package planstore keeps whole plans in a state, each under the hash of its content.
//
// What others can read of a plan is masked, so that it cannot be applied. Whoever has
// read it says by the hash which plan is meant, and the state has all of it. The hash
// is checked when the plan is taken: whoever can write to the state puts no other plan
// in its place.
package planstore

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// Kind is what the pieces of data are called in a state.
const Kind = "plans"

// Kept is how long a plan is kept: as long as an approval holds.
const Kept = 14 * 24 * time.Hour

// ShortestHash is how many digits of a hash name a plan at least.
const ShortestHash = 12

// largest bounds a plan in bytes: one of a million changed names has about half.
const largest = 2 << 30

// Put keeps a plan as write writes it, and returns the SHA-256 hash of that. Plans that
// were kept for longer than [Kept] are deleted.
func Put(ctx context.Context, blobs journal.Blobs, write func(io.Writer) error, now time.Time) (hash string, err error) {
	var packed bytes.Buffer
	sum, w := sha256.New(), gzip.NewWriter(&packed)
	if err := cmp.Or(write(io.MultiWriter(sum, w)), w.Close()); err != nil {
		return "", err
	}
	if err := prune(ctx, blobs, now); err != nil {
		return "", err
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	return hash, blobs.Put(ctx, key{hash, now.Unix()}.String(), packed.Bytes())
}

// Get returns the plan that a hash names, or its first digits where no other plan
// begins with them, as it was written.
func Get(ctx context.Context, blobs journal.Blobs, hash string, now time.Time) ([]byte, error) {
	if err := CheckHash(hash); err != nil {
		return nil, err
	}
	if err := prune(ctx, blobs, now); err != nil {
		return nil, err
	}
	found, err := find(ctx, blobs, hash)
	if err != nil {
		return nil, err
	}
	packed, ok, err := blobs.Get(ctx, found.String())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &UnknownError{hash}
	}
	data, err := unpack(packed)
	if sum := sha256.Sum256(data); err == nil && hex.EncodeToString(sum[:]) != found.hash {
		err = errors.New("its content has another hash")
	}
	if err != nil {
		return nil, fmt.Errorf("the stored plan %s is damaged: %w; plan again with --store", found.hash, err)
	}
	return data, nil
}

// CheckHash refuses what names no plan.
func CheckHash(hash string) error {
	digits := strings.Trim(hash, "0123456789abcdef")
	switch {
	case digits != "":
		return fmt.Errorf("%q is no hash of a plan: plan --store prints one, of %d digits 0-9 and a-f", hash, hex.EncodedLen(sha256.Size))
	case len(hash) < ShortestHash:
		return fmt.Errorf("the hash %q is too short to name a plan: give at least %d of its %d digits", hash, ShortestHash, hex.EncodedLen(sha256.Size))
	}
	return nil
}

// An UnknownError says that the state has no plan of a hash.
type UnknownError struct{ Hash string }

// Error says why that can be.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("the state has no plan with the hash %s: it was stored in another state, is older than %d days, or was deleted by state forget. Plan again with --store",
		e.Hash, int(Kept.Hours()/24))
}

// find returns the key of the one plan whose hash begins with some digits: the last one,
// where it was stored more than once.
func find(ctx context.Context, blobs journal.Blobs, hash string) (found key, err error) {
	names, err := blobs.Keys(ctx)
	if err != nil {
		return found, err
	}
	for _, name := range names {
		k, ok := parseKey(name)
		switch {
		case !ok || !strings.HasPrefix(k.hash, hash):
		case found.hash != "" && found.hash != k.hash:
			return found, fmt.Errorf("several stored plans have a hash that begins with %s: give all of its digits", hash)
		case k.stored >= found.stored:
			found = k
		}
	}
	if found.hash == "" {
		return found, &UnknownError{hash}
	}
	return found, nil
}

// prune deletes the plans that were stored too long ago.
func prune(ctx context.Context, blobs journal.Blobs, now time.Time) error {
	names, err := blobs.Keys(ctx)
	if err != nil {
		return err
	}
	old := slices.DeleteFunc(names, func(name string) bool {
		k, ok := parseKey(name)
		return ok && now.Sub(time.Unix(k.stored, 0)) <= Kept
	})
	if len(old) == 0 {
		return nil
	}
	return blobs.Delete(ctx, old...)
}

// key is what a plan lies under: so its age is known without reading it.
type key struct {
	hash   string
	stored int64 // in seconds since the epoch
}

// String writes the key.
func (k key) String() string { return k.hash + "-" + strconv.FormatInt(k.stored, 10) }

func parseKey(name string) (k key, ok bool) {
	hash, stored, ok := strings.Cut(name, "-")
	if !ok {
		return k, false
	}
	at, err := strconv.ParseInt(stored, 10, 64)
	return key{hash, at}, err == nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, largest))
	return data, cmp.Or(err, r.Close())
}
