package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// BenchmarkPlanProcess measures a plan without changes as its user sees it: a
// process that reads the configuration and the live state from files and
// prints what it found. cpu-s/op counts all threads, rss-MB is the most memory
// that it held.
func BenchmarkPlanProcess(b *testing.B) {
	binary := buildBinary(b)
	for _, size := range []struct {
		name   string
		names  int
		blocks bool
	}{
		{"blocks=10000", 10_000, true},
		{"names=10000", 10_000, false},
		{"names=100000", 100_000, false},
		{"names=1000000", 1_000_000, false},
	} {
		b.Run(size.name, func(b *testing.B) {
			if testing.Short() && size.names > 10_000 {
				b.Skip("takes long")
			}
			dir := b.TempDir()
			writePortfolio(b, dir, size.names, size.blocks)
			var cpu time.Duration
			var rss int64
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), binary, "plan", "--dir", dir, "--live", filepath.Join(dir, "live.json"))
				rss = max(rss, runMeasured(b, cmd))
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(rss)/1024, "rss-MB")
		})
	}
}

// BenchmarkApplyProcess measures an apply of equal changes against the least
// time that the limit leaves: each name is read for the plan, its DS records
// are read because its nameservers change, and it is read again in the end.
// It also counts the calls that batches save.
func BenchmarkApplyProcess(b *testing.B) {
	const names, qps = 2000, 50
	if testing.Short() {
		b.Skip("takes long")
	}
	var took, bound time.Duration
	var journal int64
	for b.Loop() {
		dir := b.TempDir()
		manyNames(b, dir, names)
		sim := simulate(b, "--live", filepath.Join(dir, "live.json"))
		began := time.Now()
		runProgram(b, "--dir", dir, "--endpoint", sim.endpoint, "--qps", fmt.Sprint(qps), "apply", "--auto-approve", "--quiet").want(b, exitDone)
		took += time.Since(began)
		info, err := os.Stat(filepath.Join(dir, ".domainsync", "journal.db"))
		if err != nil {
			b.Fatal(err)
		}
		journal += info.Size()
		var calls map[string]int
		sim.get(b, "stats", &calls)
		bound += time.Duration(calls["QueryDomainByDomainName"]+calls["QueryDSRecord"]) * time.Second / qps
		for operation, want := range map[string]int{
			"SaveBatchTaskForModifyingDomainDns":    names / 1000,
			"SaveBatchTaskForUpdateProhibitionLock": 2 * names / 1000,
			"AcknowledgeTaskResult":                 (3*names + 12) / 13,
		} {
			if calls[operation] != want {
				b.Errorf("%d calls of %s, want %d", calls[operation], operation, want)
			}
		}
	}
	b.ReportMetric(float64(journal)/(3*names*float64(b.N)), "journal-B/step")
	b.ReportMetric(took.Seconds()/float64(b.N), "s/op")
	b.ReportMetric(took.Seconds()/bound.Seconds(), "of-bound")
}

// BenchmarkApplyLarge measures an apply of many changes as its user sees it, the
// limits lifted, against a simulator in a process of its own: cpu-s/op counts
// all threads, cpu-us/change what each change costs, rss-MB is the most memory
// that the process held. Twice the changes cost twice the time where the cost is
// linear.
func BenchmarkApplyLarge(b *testing.B) {
	for _, size := range []struct {
		what    string
		names   int
		changes int // of each name
		declare string
	}{
		{"nameservers", 10_000, 1, movedNameservers},
		{"nameservers", 20_000, 1, movedNameservers},
		{"nameservers", 150_000, 1, movedNameservers},
		{"nameservers", 1_000_000, 1, movedNameservers},
		{"hosts", 1_000, 8, eightHosts},
		{"hosts", 2_000, 8, eightHosts},
		{"ds_records", 1_000, 8, eightRecords()},
		{"ds_records", 2_000, 8, eightRecords()},
	} {
		b.Run(fmt.Sprintf("%s=%d", size.what, size.names*size.changes), func(b *testing.B) {
			if testing.Short() && size.names > 1000 {
				b.Skip("takes long")
			}
			skipLarge(b, size.names)
			var cpu time.Duration
			var rss int64
			for b.Loop() {
				dir := b.TempDir()
				writeChanges(b, dir, size.names, size.declare)
				sim := simulate(b, "--live", filepath.Join(dir, "live.json"), "--limit-profile", "none")
				cmd := exec.CommandContext(b.Context(), program(b), "--dir", dir, "--endpoint", sim.endpoint, "--qps", "1000000", "apply", "--auto-approve", "--quiet")
				cmd.Env = append(os.Environ(), testKey...)
				rss = max(rss, runMeasured(b, cmd))
				sim.stop()
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*size.names*size.changes), "cpu-us/change")
			b.ReportMetric(float64(rss)/1024, "rss-MB")
		})
	}
}

const (
	movedNameservers = `nameservers = ["ns1.example.org", "ns2.example.org"]`
	eightHosts       = `hosts = { for i in range(8) : "h${i}" => ["192.0.2.${i + 1}"] }`
)

func eightRecords() string {
	records := make([]string, 8)
	for i := range records {
		records[i] = fmt.Sprintf(`{ key_tag = %d, algorithm = 13, digest_type = 2, digest = "%064X" }`, i+1, i)
	}
	return "ds_records = [" + strings.Join(records, ", ") + "]"
}

// writeChanges writes names and the live state of which each of them differs in
// one attribute.
func writeChanges(tb testing.TB, dir string, names int, declare string) {
	tb.Helper()
	writePortfolio(tb, dir, names, false)
	writeText(tb, filepath.Join(dir, "portfolio.hcl"), fmt.Sprintf(`
guard {
  max_change_percent = 100
  max_delegations    = %d
}

domains "all" {
  names = csvdecode(file("names.csv"))
  %s
}
`, names, declare))
}

// writePortfolio writes a configuration and the live state that agrees with
// it: as blocks of their own, or as rows of a CSV file in one block.
func writePortfolio(tb testing.TB, dir string, names int, blocks bool) {
	tb.Helper()
	live := &snapshot.Account{
		FormatVersion: snapshot.FormatVersion, ID: "1", ReadAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Domains: make([]snapshot.Domain, names),
	}
	var hcl, csv strings.Builder
	csv.WriteString("name,provider\n")
	for i := range live.Domains {
		name, provider := fmt.Sprintf("name%07d.com", i), i%500
		hosts := []string{
			fmt.Sprintf("ns1.provider%03d.example.net", provider),
			fmt.Sprintf("ns2.provider%03d.example.net", provider),
		}
		live.Domains[i] = snapshot.Domain{
			Name: name, Nameservers: hosts, TransferLock: wire.LockOn, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
		}
		if blocks {
			fmt.Fprintf(&hcl, "domain %q {\n  nameservers   = [%q, %q]\n  transfer_lock = true\n}\n\n", name, hosts[0], hosts[1])
		} else {
			fmt.Fprintf(&csv, "%s,provider%03d\n", name, provider)
		}
	}
	if !blocks {
		hcl.WriteString(`locals {
  rows = csvdecode(file("names.csv"))
}

domains "all" {
  names         = local.rows
  nameservers   = ["ns1.${each.value.provider}.example.net", "ns2.${each.value.provider}.example.net"]
  transfer_lock = true
}
`)
	}
	writeText(tb, filepath.Join(dir, "portfolio.hcl"), hcl.String())
	writeText(tb, filepath.Join(dir, "names.csv"), csv.String())
	if err := snapshot.WriteFile(filepath.Join(dir, "live.json"), live); err != nil {
		tb.Fatal(err)
	}
}
