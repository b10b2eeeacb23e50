package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/domainsync/domainsync/config"
)

// lookups are expressions that are computed for each name and look into a table
// with as many rows, or compute something of the whole table.
var lookups = map[string]string{
	"index":             `local.map[each.name]`,
	"lookup":            `lookup(local.map, each.name, "none")`,
	"lookup of a miss":  `lookup(local.map, "no ${each.name}", "one")`,
	"lookup of a map":   `lookup(tomap(local.map), each.name, "none")`,
	"contains":          `contains(local.list, each.name) ? "one" : "none"`,
	"contains not":      `contains(local.list, "no ${each.name}") ? "none" : "one"`,
	"contains in keys":  `contains(keys(local.map), each.name) ? "one" : "none"`,
	"contains in a for": `contains([for r in local.rows : r.name], each.name) ? "one" : "none"`,
	"contains in a set": `contains(toset(local.list), each.name) ? "one" : "none"`,
	"merge":             `merge(local.map, { more = 1 })[each.name]`,
	"merge with each":   `merge(local.map, { "x${each.name}" = 1 })[each.name]`,
	"merge of a row":    `merge({ p = "none" }, local.objects[each.name]).p`,
	"lookup in a merge": `lookup(merge(local.map, { more = 1 }), each.name, "none")`,
	"try":               `try(local.map[each.name], "none")`,
	"can":               `can(local.map[each.name]) ? "one" : "none"`,
	"index of a list":   `local.rows[index(local.list, each.name)].p`,
	"element":           `element(local.rows, index(local.list, each.name)).p`,
	"slice":             `slice(local.rows, index(local.list, each.name), index(local.list, each.name) + 1)[0].p`,
	"length":            `length(local.rows) > 0 ? local.map[each.name] : "none"`,
	"condition":         `(each.name == "" ? [] : local.list)[0] == "" ? "none" : "one"`,
	"coalesce":          `coalesce(local.map, {})[each.name]`,
	"coalescelist":      `coalescelist([], local.list)[0] == each.name ? "one" : "one"`,
	"intersection":      `length(setintersection(toset(local.list), [each.name])) == 1 ? "one" : "none"`,
	"subtraction":       `length(setsubtract([each.name], toset(local.list))) == 0 ? "one" : "none"`,
	"distinct":          `distinct([for r in local.rows : r.p])[0] == "" ? each.name : "one"`,
	"join":              `startswith(join(",", local.list), "no ${each.name}") ? "none" : "one"`,
	"zipmap":            `zipmap(local.list, [for r in local.rows : r.p])[each.name]`,
	"jsonencode":        `endswith(jsonencode(local.list), each.name) ? "none" : "one"`,
	"flatten":           `flatten([local.rows, local.rows])[0].p == each.name ? "none" : "one"`,
	"concat":            `concat(local.list, ["x"])[0] == "no ${each.name}" ? "none" : "one"`,
	"sort and reverse":  `reverse(sort(local.list))[0] == "no ${each.name}" ? "none" : "one"`,
	"alltrue":           `alltrue([for r in local.rows : r.p == "one"]) ? "one" : each.name`,
	"values":            `values(local.map)[0] == each.name ? "none" : "one"`,
	"keys":              `keys(local.map)[0] == "no ${each.name}" ? "none" : "one"`,
	"one":               `one(setintersection(toset(local.list), [each.name])) == each.name ? "one" : "none"`,
	"a map of a for":    `{ for r in local.rows : r.name => r.p }[each.name]`,
	"a for with an if":  `[for r in local.rows : r.p if r.name != ""][0] == each.name ? "none" : "one"`,
	"anytrue":           `anytrue([for r in local.rows : r.p == "none"]) ? each.name : "one"`,
	"union":             `length(setunion(toset(local.list), ["x"])) > 0 ? local.map[each.name] : "none"`,
	"try of a lookup":   `try(lookup(local.map, each.name, "none"), "none")`,
}

// throughTables are expressions that make or go through a whole table for each
// name, anew.
var throughTables = map[string]string{
	"a for with an if": `[for r in local.rows : r.p if r.name == each.name][0]`,
	"one":              `one([for r in local.rows : r.p if r.name == each.name])`,
	"anytrue":          `anytrue([for r in local.rows : r.name == each.name]) ? "one" : "none"`,
	"a map of a for":   `{ for r in local.rows : r.name => each.name }[each.name]`,
	"concat":           `concat(local.list, [each.name])[0] == "" ? "none" : "one"`,
	"flatten":          `flatten([local.list, [each.name]])[0] == "" ? "none" : "one"`,
	"distinct":         `distinct(concat(local.list, [each.name]))[0] == "" ? "none" : "one"`,
	"union":            `length(setunion(toset(local.list), [each.name])) > 0 ? "one" : "none"`,
	"merge":            `keys(merge(local.map, { "${each.name}" = "x" }))[0] == "" ? "none" : "one"`,
	"zipmap":           `zipmap(local.list, [for r in local.rows : each.name])[each.name]`,
	"values":           `values(merge(local.map, { x = each.name }))[0]`,
	"try":              `try([for r in local.rows : r.p if r.name == each.name][0], "none")`,
	"splat":            `[for s in local.rows[*].name : s if s == each.name][0]`,
}

// TestWholeTablesForEachNameEnd: what cannot cost about what an index costs ends
// soon, with the place and with how to write it.
func TestWholeTablesForEachNameEnd(t *testing.T) {
	t.Parallel()
	for name, expr := range throughTables {
		bounds := config.DefaultBounds()
		bounds.Steps, bounds.ValueSize = bounds.Steps/100, bounds.ValueSize/10
		p, diags := config.LoadFS(tableOf(2000, expr), config.Options{Bounds: bounds})
		said := diags.String()
		if p != nil || len(diags.Diagnostics) != 1 || !strings.Contains(said, "main.hcl line") || !strings.Contains(said, "into locals") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// tableOf is a configuration of n names over a table of n rows.
func tableOf(n int, expr string) fstest.MapFS {
	var rows strings.Builder
	rows.WriteString("name,p\n")
	for i := range n {
		fmt.Fprintf(&rows, "name-%06d.com,one\n", i)
	}
	return fstest.MapFS{"t.csv": {Data: []byte(rows.String())}, "main.hcl": {Data: []byte(`
locals {
  rows    = csvdecode(file("t.csv"))
  list    = [for r in local.rows : r.name]
  map     = { for r in local.rows : r.name => r.p }
  objects = { for r in local.rows : r.name => r }
}

domains "all" {
  names       = local.list
  nameservers = [for n in [1, 2] : "ns${n}.${` + expr + `}.example"]
}
`)}}
}

// TestLookupsGrowWithTheNames doubles names and table, and wants the work to
// double: it is counted, not timed.
func TestLookupsGrowWithTheNames(t *testing.T) {
	t.Parallel()
	for name, expr := range lookups {
		work := func(n int) int {
			p, diags := config.LoadFS(tableOf(n, expr), config.Options{})
			if p == nil || len(p.Domains) != n || p.Domains[0].Declared[0].Value.String() != "ns1.one.example, ns2.one.example" {
				t.Fatalf("%s: %v", name, diags)
			}
			return p.Steps
		}
		if small, large := work(70), work(280); large > 5*small {
			t.Errorf("%s: %d steps for 70 names, %d for 280", name, small, large)
		}
	}
}

// TestLookupsAreFast is a net for work that is not counted.
func TestLookupsAreFast(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	for name, expr := range lookups {
		start := time.Now()
		if p, diags := config.LoadFS(tableOf(5000, expr), config.Options{}); p == nil {
			t.Fatalf("%s: %v", name, diags)
		}
		if took := time.Since(start); took > mostSeconds*time.Second {
			t.Errorf("%s takes %v", name, took)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for name, expr := range lookups {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			files := tableOf(15_000, expr)
			for b.Loop() {
				if p, diags := config.LoadFS(files, config.Options{}); p == nil {
					b.Fatal(diags)
				}
			}
		})
	}
}
