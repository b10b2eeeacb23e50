package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// TestNewTokenSignsIn: the block that goes with a new token has a file take it, and the
// token stands in none of the two.
func TestNewTokenSignsIn(t *testing.T) {
	t.Parallel()
	first, second := here(t, "jobs", "token"), here(t, "jobs", "token")
	token := strings.TrimSuffix(first.stdout, "\n")
	if !regexp.MustCompile(`^dst_[A-Za-z0-9_-]{43}$`).MatchString(token) || first.stdout == second.stdout {
		t.Fatalf("tokens are %q and %q", first.stdout, second.stdout)
	}
	if strings.Contains(first.stderr, token) {
		t.Errorf("the block has the token:\n%s", first.stderr)
	}
	_, block, found := strings.Cut(first.stderr, "fleet.hcl:\n")
	if !found {
		t.Fatalf("there is no block:\n%s", first.stderr)
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "fleet.hcl"), "job \"corp\" {\n  dir = \"corp\"\n}\n\nperson \"ada\" {\n  role = \"viewer\"\n"+block+"}\n")
	f, diags := fleet.Load(filepath.Join(dir, "fleet.hcl"), fleet.LoadOptions{Now: time.Now()})
	if f == nil {
		t.Fatal(diags)
	}
	hash := fleet.HashOfToken(token)
	if p := f.PersonOfToken(hash, time.Now().AddDate(0, 11, 0)); p == nil || p.Name != "ada" {
		t.Errorf("the token is that of %+v", p)
	}
	if p := f.PersonOfToken(hash, time.Now().AddDate(1, 1, 0)); p != nil {
		t.Error("it is taken after more than a year")
	}
}

func TestEndOfANewToken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expires, want string }{
		{"2999-12-31", `expires = "2999-12-31"`},
		{"2020-01-01", "that day has passed"},
		{"soon", "write a day as 20"},
	} {
		o := here(t, "jobs", "token", "--expires", test.expires)
		if !strings.Contains(o.stderr, test.want) || (o.code == exitDone) != (o.stdout != "") {
			t.Errorf("%s: exit %d, %s", test.expires, o.code, o.stderr)
		}
	}
}
