package config_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config"
)

// TestInputs: a load tells what it read and what it would have read, also where it
// failed.
func TestInputs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		main string
		want config.Inputs
		bad  bool
	}{
		"a table": {
			main: `locals { t = csvdecode(file("tables/../tables/a.csv")) }`,
			want: config.Inputs{Files: []string{"main.hcl", "tables/a.csv"}},
		},
		"what is tried and is not there": {
			main: `locals { t = try(file("none.txt"), file("b.txt"), "") }`,
			want: config.Inputs{Files: []string{"b.txt", "main.hcl", "none.txt"}},
		},
		"patterns, and one below a directory that is not there": {
			main: `locals { t = [fileset("tables", "**/*.csv"), fileset("later/", "*.csv")] }`,
			want: config.Inputs{
				Files:    []string{"main.hcl"},
				Filesets: []config.Fileset{{Dir: "later", Pattern: "*.csv"}, {Dir: "tables", Pattern: "**/*.csv"}},
			},
		},
		"a template": {
			main: `locals { t = templatefile("b.txt", {}) }`,
			want: config.Inputs{Files: []string{"b.txt", "main.hcl"}},
		},
		"a load that fails": {
			main: `locals { t = file("none.txt") }`,
			want: config.Inputs{Files: []string{"main.hcl", "none.txt"}},
			bad:  true,
		},
		"a file that cannot be parsed": {main: `locals {`, want: config.Inputs{Files: []string{"main.hcl"}}, bad: true},
	} {
		p, diags := config.LoadFS(fstest.MapFS{
			"main.hcl":     {Data: []byte(test.main + "\n")},
			"tables/a.csv": {Data: []byte("name\nexample.com\n")},
			"b.txt":        {Data: []byte("b")},
		}, config.Options{})
		if diags.HasErrors() != test.bad || (p == nil) != test.bad {
			t.Errorf("%s: %v", name, diags)
		}
		if diff := cmp.Diff(test.want, diags.Inputs()); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// TestFilesetsMatchWhatTheyFind: what the function finds below a directory are the
// files that its set matches.
func TestFilesetsMatchWhatTheyFind(t *testing.T) {
	t.Parallel()
	all := []string{"a.csv", "b.txt", "sub/c.csv", "sub/deep/d.csv"}
	files := fstest.MapFS{}
	for _, name := range all {
		files["tables/"+name] = &fstest.MapFile{}
	}
	for _, pattern := range []string{"*.csv", "**/*.csv", "sub/*", "*/*/*", "**", "none"} {
		files["main.hcl"] = &fstest.MapFile{Data: []byte("locals {\n  found = [for f in fileset(\"tables\", \"" + pattern + "\") : file(\"tables/${f}\")]\n}\n")}
		_, diags := config.LoadFS(files, config.Options{})
		in := diags.Inputs()
		if diags.HasErrors() || len(in.Filesets) != 1 {
			t.Fatalf("%s: %v, %v", pattern, diags, in)
		}
		for _, name := range all {
			if found := slices.Contains(in.Files, "tables/"+name); found != in.Filesets[0].Matches(name) {
				t.Errorf("%s: %s is found: %v, and matches: %v", pattern, name, found, !found)
			}
		}
	}
}
