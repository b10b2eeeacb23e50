package directory_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/directory"
	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestBlobs holds that a directory keeps pieces of data.
func TestBlobs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	journaltest.RunBlobs(t, func(_ context.Context, kind string, _ store.Options) (store.Blobs, error) {
		return directory.Open(dir, kind)
	}, false)
}

// TestModes holds that nobody else can read what is kept.
func TestModes(t *testing.T) {
	dir := t.TempDir()
	b, err := directory.Open(dir, "readings")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "k", nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{"readings": 0o700 | os.ModeDir, "readings/k": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", path, info, err, want)
		}
	}
}

// TestLeftovers holds that what a process leaves that dies while it writes is no
// piece, and goes when it is old.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	b, err := directory.Open(dir, "readings")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "k", nil); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(dir, "readings", ".new-old"), filepath.Join(dir, "readings", ".new-young")
	for path, age := range map[string]time.Duration{old: 2 * time.Hour, young: time.Minute} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := b.Keys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("the keys are %q, %v", keys, err)
	}
	if err := b.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Error("an old half of a file stays")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("a file that is being written was removed")
	}
}
