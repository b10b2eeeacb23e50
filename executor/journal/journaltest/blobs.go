package journaltest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// RunBlobs tests a kind of places for pieces of data. Open opens the pieces of a
// kind in the place of the test.
func RunBlobs(t *testing.T, open func(ctx context.Context, kind string, o store.Options) (store.Blobs, error), shared bool) {
	opened := func(t *testing.T, kind string, o store.Options) store.Blobs {
		t.Helper()
		b := must[store.Blobs](t)(open(t.Context(), kind, o))
		t.Cleanup(func() { check(t, b.Close()) })
		return b
	}
	mine := store.Options{Endpoint: endpoint, Account: account}
	t.Run("pieces come back as they were", func(t *testing.T) { testPieces(t, opened(t, "readings", mine)) })
	t.Run("kinds are apart", func(t *testing.T) {
		a, b := opened(t, "one", mine), opened(t, "two", mine)
		check(t, a.Put(t.Context(), "k", []byte("a")))
		if _, ok := get(t, b, "k"); ok {
			t.Error("a kind shows what another one keeps")
		}
		check(t, b.Clear(t.Context()))
		if _, ok := get(t, a, "k"); !ok {
			t.Error("clearing a kind has cleared another one")
		}
	})
	t.Run("writers at once", func(t *testing.T) { testWritersAtOnce(t, opened(t, "crowd", mine), opened(t, "crowd", mine)) })
	if shared {
		t.Run("accounts are apart", func(t *testing.T) {
			a := opened(t, "readings", store.Options{Endpoint: endpoint, Account: "1"})
			b := opened(t, "readings", store.Options{Endpoint: endpoint, Account: "2"})
			check(t, a.Put(t.Context(), "k", []byte("a")))
			if _, ok := get(t, b, "k"); ok {
				t.Error("an account shows what another one keeps")
			}
			check(t, b.Clear(t.Context()))
			if _, ok := get(t, a, "k"); !ok {
				t.Error("clearing what belongs to an account has cleared another one's")
			}
		})
		t.Run("an account must be named", func(t *testing.T) {
			if _, err := open(t.Context(), "readings", store.Options{Endpoint: endpoint}); err == nil {
				t.Error("the pieces of no account were opened")
			}
		})
	}
}

func get(t *testing.T, b store.Blobs, key string) (data []byte, ok bool) {
	t.Helper()
	data, ok, err := b.Get(t.Context(), key)
	check(t, err)
	return data, ok
}

func testPieces(t *testing.T, b store.Blobs) {
	ctx := t.Context()
	if keys := must[[]string](t)(b.Keys(ctx)); len(keys) > 0 {
		t.Errorf("there is something at the start: %q", keys)
	}
	check(t, b.Delete(ctx, "nothing"))
	pieces := map[string][]byte{
		"0001-a": {}, "0001": []byte("text"), "z": {0, 0xff, 0xfe, '\n'}, "big": bytes.Repeat([]byte("domain"), 1<<18),
	}
	for key, data := range pieces {
		check(t, b.Put(ctx, key, []byte("before")))
		check(t, b.Put(ctx, key, data))
	}
	if keys := must[[]string](t)(b.Keys(ctx)); !slices.Equal(keys, []string{"0001", "0001-a", "big", "z"}) {
		t.Errorf("the keys are %q", keys)
	}
	for key, want := range pieces {
		if data, ok := get(t, b, key); !ok || !bytes.Equal(data, want) {
			t.Errorf("%s came back with %d bytes, not %d (%v)", key, len(data), len(want), ok)
		}
	}
	check(t, b.Delete(ctx, "z", "nothing", "big"))
	if _, ok := get(t, b, "z"); ok {
		t.Error("what was deleted is there")
	}
	check(t, b.Clear(ctx))
	if keys := must[[]string](t)(b.Keys(ctx)); len(keys) > 0 {
		t.Errorf("pieces are left when all are cleared: %q", keys)
	}
	check(t, b.Clear(ctx)) // also where there are none
	for _, key := range []string{"", ".", "..", "../x", "a/b", "A", ".new-x", "\x00"} {
		if err := b.Put(ctx, key, nil); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
}

func testWritersAtOnce(t *testing.T, a, b store.Blobs) {
	var group sync.WaitGroup
	for i, to := range []store.Blobs{a, b, a, b} {
		group.Go(func() {
			for n := range 20 {
				if err := to.Put(t.Context(), fmt.Sprintf("%d-%02d", i, n), []byte{byte(n)}); err != nil {
					t.Error(err)
				}
				if err := to.Put(t.Context(), "same", bytes.Repeat([]byte{byte(i)}, 10_000)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if keys := must[[]string](t)(a.Keys(t.Context())); len(keys) != 81 {
		t.Errorf("there are %d pieces, not 81", len(keys))
	}
	same, ok := get(t, b, "same")
	if !ok || len(same) != 10_000 || !bytes.Equal(same, bytes.Repeat(same[:1], 10_000)) {
		t.Error("a piece is of two writers")
	}
}
