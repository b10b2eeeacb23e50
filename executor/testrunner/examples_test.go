package testrunner_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
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
			for _, account := range accountsIn(t, dir) {
				runnertest.PlayBelow(t, dir, account, *updateGolden)
			}
		})
	}
}

// accountsIn returns the directories of an example that have tests: the example itself,
// or those of its accounts.
func accountsIn(t *testing.T, example string) (accounts []string) {
	t.Helper()
	for _, pattern := range []string{"*.test.hcl", "*/*.test.hcl"} {
		files, err := filepath.Glob(filepath.Join(example, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if dir := filepath.Dir(file); !slices.Contains(accounts, dir) {
				accounts = append(accounts, dir)
			}
		}
	}
	if len(accounts) == 0 {
		t.Errorf("%s has no file of tests: nothing was checked", example)
	}
	return accounts
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
