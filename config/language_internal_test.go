package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
)

// TestLanguageDescribesEveryArgument compares what is described with what is
// understood.
func TestLanguageDescribesEveryArgument(t *testing.T) {
	t.Parallel()
	described := make(map[string]BlockDoc)
	for _, b := range Language() {
		described[b.Type] = b
	}
	for _, header := range fileSchema.Blocks {
		b, ok := described[header.Type]
		delete(described, header.Type)
		if !ok {
			if !unsupported(header.Type, header.LabelNames) {
				t.Errorf("the block %s is not described", header.Type)
			}
			continue
		}
		if !slices.Equal(b.Labels, header.LabelNames) {
			t.Errorf("%s has the labels %v, described are %v", b.Type, header.LabelNames, b.Labels)
		}
		if diff := cmp.Diff(understood(header.Type), b.arguments()); diff != "" {
			t.Errorf("%s: %s", b.Type, diff)
		}
		for _, a := range b.Arguments {
			if a.Summary == "" || a.Type == "" {
				t.Errorf("%s: %s is not described", b.Type, a.Name)
			}
		}
	}
	for name := range described {
		t.Errorf("there is no block %s", name)
	}
}

// unsupported reports whether a block is one of a later version.
func unsupported(kind string, labels []string) bool {
	src := kind + strings.Repeat(` "x"`, len(labels)) + " {}"
	_, diags := LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(src)}}, Options{})
	return strings.Contains(diags.String(), "Not supported yet")
}

// understood lists the arguments of a block; required ones are marked.
func understood(kind string) []string {
	var names []string
	switch kind {
	case "contact":
		names, _ = attr.ContactFields()
	case attr.RegistrantProfile:
		names = elementFields(attr.Lookup(kind))
	case checkBlock:
		names = append(marked("assert.", schemas["assert"]), "assert!")
	}
	if s := schemas[kind]; s != nil {
		names = append(names, marked("", s)...)
	}
	slices.Sort(names)
	return names
}

func marked(within string, s *hcl.BodySchema) (names []string) {
	for _, a := range s.Attributes {
		names = append(names, fmt.Sprint(within, a.Name, map[bool]string{true: "!"}[a.Required]))
	}
	return names
}

func (b BlockDoc) arguments() []string {
	var names []string
	for _, a := range b.Arguments {
		names = append(names, fmt.Sprint(a.Name, map[bool]string{true: "!"}[a.Required]))
	}
	for _, a := range b.Attributes {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}
