// Package runnertest plays *.test.hcl files within go test, as "domainsync test" plays
// them.
package runnertest

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/internal/clock"
)

// Play plays all tests of a directory, each run as a subtest that is called FILE/RUN.
// The directory needs to have at least one. With update golden files are written that
// are others than what is printed.
func Play(t *testing.T, dir string, update bool) {
	t.Helper()
	PlayBelow(t, "", dir, update)
}

// PlayBelow plays the tests of a directory whose libraries lie below a root; "": below
// the directory itself.
func PlayBelow(t *testing.T, root, dir string, update bool) {
	t.Helper()
	for name, result := range resultsBelow(t, root, dir, update) {
		t.Run(name, func(t *testing.T) {
			if result.Diagnostics.HasErrors() {
				t.Error(result.Diagnostics.String())
			}
			for i := range result.Runs {
				run := &result.Runs[i]
				t.Run(run.Name, func(t *testing.T) {
					if run.Outcome != testrunner.Pass {
						t.Errorf("%s: %s", run.Outcome, result.Explain(run))
					}
				})
			}
		})
	}
}

// Results plays all tests of a directory, and returns what became of them by file.
func Results(t *testing.T, dir string, update bool) map[string]*testrunner.FileResult {
	t.Helper()
	return resultsBelow(t, "", dir, update)
}

func resultsBelow(t *testing.T, outer, dir string, update bool) map[string]*testrunner.FileResult {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // it was only read from, or closed by itself
	names, err := config.TestNames(root.FS())
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no file of tests: nothing was checked (%v)", dir, err)
	}
	o := testrunner.Options{FS: root.FS(), Dir: dir, Version: "test", Timeline: Bubble, Config: config.Options{Root: outer}}
	if update {
		o.Update = testrunner.WriteBelow(root)
	}
	results := make(map[string]*testrunner.FileResult, len(names))
	for _, name := range names {
		synctest.Test(t, func(t *testing.T) { results[name] = testrunner.PlayFile(t.Context(), name, o) })
	}
	return results
}

// Bubble is the timeline of a bubble of testing/synctest, in which waits take no time.
func Bubble(at time.Time) (clock.Clock, func(context.Context, func(context.Context) error) error) {
	var c clock.Clock
	return c, func(ctx context.Context, f func(context.Context) error) error {
		if err := c.Sleep(ctx, c.Until(at)); err != nil {
			return err
		}
		return f(ctx)
	}
}
