package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

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
		_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(example[1])}}, config.Options{})
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
