package main

import (
	"os"
	"testing"
)

// TestReferenceIsWritten compares the page with what it is generated from.
func TestReferenceIsWritten(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := document(); string(got) != string(want) {
		t.Errorf("docs/fleet.md is to be written anew: go generate ./executor/fleet\n%s", want)
	}
}
