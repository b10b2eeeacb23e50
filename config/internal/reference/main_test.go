package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// TestDocumentIsUpToDate compares the committed text with what the table says.
func TestDocumentIsUpToDate(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile("../../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(document()), string(have)); diff != "" {
		t.Errorf("run go generate ./config: %.2000s", diff)
	}
}

// TestEveryExampleLoads loads each example of the document as it stands there.
func TestEveryExampleLoads(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(document()), -1)
	if want := len(config.Language()) + len(attr.All()); len(examples) != want {
		t.Fatalf("%d examples, want %d", len(examples), want)
	}
	for _, example := range examples {
		base := t.TempDir()
		for name, text := range map[string]string{"account/main.hcl": example[1], "common/main.hcl": "template \"protected\" {\n  transfer_lock = true\n}\n"} {
			path := filepath.Join(base, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		_, diags := config.Load(filepath.Join(base, "account"), config.Options{Root: base})
		if len(diags.Diagnostics) > 0 {
			t.Errorf("%s\n%s", example[1], diags)
		}
	}
}

// TestEveryOperationIsALink wants no operation to be named without its place.
func TestEveryOperationIsALink(t *testing.T) {
	t.Parallel()
	for _, a := range attr.All() {
		for name := range strings.SplitSeq(a.Doc.Calls, ", ") {
			if name != "" && (wire.Lookup(name) == nil || !strings.Contains(string(document()), "["+name+"](operations.md#")) {
				t.Errorf("%s calls %s, which is no link", a.Name, name)
			}
		}
	}
}
