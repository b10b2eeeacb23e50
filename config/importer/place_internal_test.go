package importer

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errDied = errors.New("died")

// dying is a disk that does n things and then no more.
func dying(n int) *disk {
	return &disk{beforeWrite: func() error {
		if n--; n < 0 {
			return errDied
		}
		return nil
	}}
}

// TestWritingGoesOnAfterEveryDeath lets the program die at every write, twice, and goes
// on: the directory then holds what it holds without a death, and until then each file
// is whole, and none that was there has changed.
func TestWritingGoesOnAfterEveryDeath(t *testing.T) {
	files := []File{{Name: "shared.hcl", Content: []byte("# shared\n")}, {Name: "names.csv", Content: []byte("name\n")}, {Name: "single.hcl", Content: []byte("# single\n")}}
	files = append(files, Companions()...)
	theirs := map[string]string{"single.hcl": "# somebody's\n", "README.md": "# ours\n"}
	start := func() string {
		dir := t.TempDir()
		for name, text := range theirs {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	undisturbed := start()
	if _, err := Write(undisturbed, files); err != nil {
		t.Fatal(err)
	}
	want := textsIn(t, undisturbed)
	if want["single-2.hcl"] != "# single\n" || want["single.hcl"] != theirs["single.hcl"] || want["README.md"] != theirs["README.md"] || len(want) != 6 {
		t.Fatal(want)
	}
	deaths := 0
	for first := 0; ; first++ {
		for _, second := range []int{0, 1, 4, first} {
			dir := start()
			_, err := dying(first).write(dir, files)
			if err == nil {
				if deaths < 50 {
					t.Errorf("only %d deaths were played", deaths)
				}
				return
			}
			deaths++
			check := func() {
				for name, text := range textsIn(t, dir) {
					if want[name] != text {
						t.Fatalf("after %d and %d writes %s holds %q", first, second, name, text)
					}
				}
			}
			check()
			_, err = dying(second).place(dir)
			check()
			if err != nil {
				if _, err = Finish(dir); err != nil {
					t.Fatal(err)
				}
			}
			if got := textsIn(t, dir); maps.Equal(got, want) {
				continue
			} else if !maps.Equal(got, theirs) {
				t.Fatalf("after %d and %d writes there are %v", first, second, got)
			}
			if _, err := Write(dir, files); err != nil || !maps.Equal(textsIn(t, dir), want) {
				t.Fatalf("after %d writes: %v, %v", first, err, textsIn(t, dir))
			}
		}
	}
}

// textsIn returns the files of a directory, without those of an import under way.
func textsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".import") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(text)
	}
	return texts
}
