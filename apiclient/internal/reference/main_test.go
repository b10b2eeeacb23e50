package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestDocumentIsUpToDate compares the committed text with what the types say.
func TestDocumentIsUpToDate(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(document()), string(have)); diff != "" {
		t.Errorf("run go generate ./apiclient: %.2000s", diff)
	}
}

// TestDocumentHoldsEveryMember reads it as a reader does who looks for a
// member.
func TestDocumentHoldsEveryMember(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(string(document()), "\n## ")
	for _, o := range wire.Operations() {
		_, text, found := strings.Cut(rest, "\n### "+o.Name+"\n")
		text, _, _ = strings.Cut(text, "\n### ")
		if !found || strings.Count(rest, "](#"+strings.ToLower(o.Name)+")") != 1 {
			t.Errorf("%s has no part of its own, or no line in a table", o.Name)
		}
		for _, s := range []*wire.Schema{o.Request, o.Response} {
			for _, f := range s.All() {
				if !strings.Contains(text, "| "+f.Path+" | ") {
					t.Errorf("%s: %s is missing", o.Name, f.Path)
				}
			}
		}
	}
}
