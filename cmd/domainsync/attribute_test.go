package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAnAttributeIsOneFileAndOneRow builds the program with one more attribute:
// a file, and a line in the table. Nothing else knows of it, and it goes all the
// way.
func TestAnAttributeIsOneFileAndOneRow(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	const row = "\tprivacy,\n"
	table, err := os.ReadFile(filepath.Join(root, "config/attr/attr.go"))
	if err != nil || strings.Count(string(table), row) != 1 {
		t.Fatalf("the table of attributes has no row of its own for privacy: %v", err)
	}
	dir := t.TempDir()
	longer := filepath.Join(dir, "attr.go")
	writeText(t, longer, strings.Replace(string(table), row, row+"\tvisibility,\n", 1))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "config/attr/attr.go"):       longer,
		filepath.Join(root, "config/attr/visibility.go"): filepath.Join(root, "testdata/attribute/visibility.go"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "domainsync")
	writeText(t, file, string(overlay))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	params := scripts()
	params.Files, params.Dir = []string{filepath.Join(root, "testdata/attribute/visibility.txtar")}, ""
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("PROGRAM", program)
		return setup(env)
	}
	testscript.Run(t, params)
}
