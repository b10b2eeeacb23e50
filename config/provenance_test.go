package config_test

import (
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

// TestProvenance finds the template and the line of each value, whether it stands in
// the block, in its template, or in the template of that one.
func TestProvenance(t *testing.T) {
	t.Parallel()
	p, diags := config.LoadFS(fstest.MapFS{
		"a.hcl": {Data: []byte(`template "base" {
  privacy       = true
  transfer_lock = true
}
template "corp" {
  template      = template.base
  transfer_lock = false
  update_lock   = true
}
locals {
  servers = { a = ["ns1.example.net", "ns2.example.net"] }
}
`)},
		"b.hcl": {Data: []byte(`domain "one.com" {
  template    = template.corp
  update_lock = false
}
domain "bücher.com" {
  privacy = true
}
domains "many" {
  names       = { "two.com" = "a", "three.com" = "a" }
  template    = template.corp
  nameservers = local.servers[each.value]
}
`)},
	}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	type from struct {
		template, file string
		line           int
	}
	for name, want := range map[string]struct {
		block  string
		values map[string]from
	}{
		"one.com": {`domain "one.com"`, map[string]from{
			"privacy": {"base", "a.hcl", 2}, "transfer_lock": {"corp", "a.hcl", 7}, "update_lock": {"", "b.hcl", 3},
		}},
		"xn--bcher-kva.com": {`domain "bücher.com"`, map[string]from{"privacy": {"", "b.hcl", 6}}},
		"three.com": {`domains "many"`, map[string]from{
			"nameservers": {"", "b.hcl", 11}, "privacy": {"base", "a.hcl", 2}, "transfer_lock": {"corp", "a.hcl", 7}, "update_lock": {"corp", "a.hcl", 8},
		}},
	} {
		d := p.Domain(name)
		if got := p.BlockOf(d); got != want.block {
			t.Errorf("%s is of %s, want %s", name, got, want.block)
		}
		if len(d.Declared) != len(want.values) {
			t.Errorf("%s declares %d attributes, want %d", name, len(d.Declared), len(want.values))
		}
		for i := range d.Declared {
			x := &d.Declared[i]
			got := from{p.TemplateOf(x), x.Source.Filename, x.Source.Start.Line}
			if got != want.values[x.Attribute.Name] {
				t.Errorf("%s of %s comes from %v, want %v", x.Attribute.Name, name, got, want.values[x.Attribute.Name])
			}
		}
	}
}
