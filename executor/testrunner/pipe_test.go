//go:build unix

package testrunner_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
)

// TestGoldenPipesAreNotOpened: a golden file that is a pipe is refused, and nothing
// waits for somebody at its other end.
func TestGoldenPipesAreNotOpened(t *testing.T) {
	t.Parallel()
	dir := written(t, files+"run \"r\" {\n  command = plan\n  golden  = \"plan.txt\"\n}\n")
	if err := syscall.Mkfifo(filepath.Join(dir, "plan.txt"), 0o600); err != nil {
		t.Skip(err)
	}
	for _, update := range []bool{true, false} {
		r := runnertest.Results(t, dir, update)["account.test.hcl"]
		if said := told(r); ends(r) != "r fail" || !strings.Contains(said, "plan.txt is not a regular file") {
			t.Errorf("update %v: %s: %s", update, ends(r), said)
		}
	}
}
