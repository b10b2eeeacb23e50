package testrunner_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files of examples and of testdata/language")

// TestExamples plays the tests of every example.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, dir := range directoriesIn(t, "../../examples") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			runnertest.Play(t, dir, *updateGolden)
		})
	}
}

// directoriesIn returns the directories of a directory, which has some.
func directoriesIn(t *testing.T, parent string) (dirs []string) {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(parent, e.Name()))
		}
	}
	if len(dirs) == 0 {
		t.Fatalf("%s has no directory: nothing was tested", parent)
	}
	return dirs
}
