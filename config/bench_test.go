package config_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

const benchTemplate = `
template "corp" {
  transfer_lock = true
  update_lock   = true
}
`

// blocks returns a file with n domain blocks.
func blocks(n int) fstest.MapFS {
	var b strings.Builder
	b.WriteString(benchTemplate)
	for i := range n {
		fmt.Fprintf(&b, "domain \"name-%07d.com\" {\n  template    = template.corp\n  nameservers = [\"ns1.host-%d.example\", \"ns2.host-%d.example\"]\n}\n\n", i, i%300, i%300)
	}
	return fstest.MapFS{"main.hcl": {Data: []byte(b.String())}}
}

// table returns a CSV of n names and a domains block that is fed from it.
func table(n int) fstest.MapFS {
	var b strings.Builder
	b.WriteString("name,provider,keep\n")
	for i := range n {
		fmt.Fprintf(&b, "name-%07d.com,host-%d,yes\n", i, i%300)
	}
	return fstest.MapFS{
		"names.csv": {Data: []byte(b.String())},
		"main.hcl": {Data: []byte(benchTemplate + `
domains "all" {
  names       = csvdecode(file("names.csv"))
  template    = template.corp
  nameservers = [for s in ["ns1", "ns2"] : "${s}.${each.value.provider}.example"]
}
`)},
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, bench := range []struct {
		name  string
		n     int
		files func(int) fstest.MapFS
		long  bool
	}{
		{"blocks", 10_000, blocks, false},
		{"blocks", 100_000, blocks, true},
		{"table", 10_000, table, false},
		{"table", 100_000, table, false},
		{"table", 1_000_000, table, true},
	} {
		b.Run(fmt.Sprintf("%s-%d", bench.name, bench.n), func(b *testing.B) {
			if bench.long && testing.Short() {
				b.Skip("takes seconds and gigabytes")
			}
			files := bench.files(bench.n)
			var held uint64
			b.ReportAllocs()
			for b.Loop() {
				p, diags := config.LoadFS(files, config.Options{})
				if len(diags.Diagnostics) > 0 || len(p.Domains) != bench.n {
					b.Fatal(diags)
				}
				b.StopTimer()
				held = heap()
				runtime.KeepAlive(p)
				b.StartTimer()
			}
			b.ReportMetric(float64(held)/1e6, "held-MB")
		})
	}
}

// heap returns the bytes of what is reachable.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
