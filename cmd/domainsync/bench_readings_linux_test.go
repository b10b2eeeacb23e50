package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner/reader"
)

// BenchmarkPlanReadings measures a plan without changes of an account whose names
// were read before, as its user sees it: a process that loads the readings, reads
// the list and the log, and compares. It fails where more than a few names are read
// again. calls/op are those of the process.
func BenchmarkPlanReadings(b *testing.B) {
	for _, names := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("names=%d", names), func(b *testing.B) {
			skipLarge(b, names)
			dir := b.TempDir()
			writePortfolio(b, dir, names, false)
			sim := simulate(b, "--live", filepath.Join(dir, "live.json"), "--limit-profile", "none")
			readBefore(b, dir, sim)
			var before, after map[string]int
			sim.get(b, "stats", &before)
			var cpu time.Duration
			var rss int64
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), program(b), "--dir", dir, "--endpoint", sim.endpoint, "--qps", "1000000", "plan", "--quiet")
				cmd.Env = append(os.Environ(), testKey...)
				rss = max(rss, runMeasured(b, cmd))
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			sim.get(b, "stats", &after)
			if n := after["QueryDomainByDomainName"] - before["QueryDomainByDomainName"]; n > b.N {
				b.Errorf("%d names were read again", n)
			}
			b.ReportMetric(float64(sum(after)-sum(before))/float64(b.N), "calls/op")
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(rss)/1024, "rss-MB")
		})
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// runMeasured runs a command to its end, and returns the most memory that it held,
// in kB. What the system tells of a process that has ended is at least what the
// one that began it held, so the process is looked at while it runs.
func runMeasured(b *testing.B, cmd *exec.Cmd) (most int64) {
	b.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v\n%s", err, tail(out.String()))
			}
			return most
		case <-tick:
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if m := highWater.FindSubmatch(status); err == nil && m != nil {
				kB, _ := strconv.ParseInt(string(m[1]), 10, 64)
				most = max(most, kB)
			}
		}
	}
}

// skipLarge skips what takes long, and what takes very long unless it is asked for
// by its size.
func skipLarge(b *testing.B, names int) {
	b.Helper()
	if testing.Short() && names > 10_000 || names >= 1_000_000 && !strings.Contains(flag.Lookup("test.bench").Value.String(), fmt.Sprint(names)) {
		b.Skip("takes long")
	}
}

func sum(calls map[string]int) (all int) {
	for n := range maps.Values(calls) {
		all += n
	}
	return all
}

// oneAnswer is a service that answers what is asked of single names by what it has
// answered of the first one, so that a million readings take no million calls.
type oneAnswer struct {
	*apiclient.Client
	like *wire.QueryDomainByDomainNameResponse
	live *snapshot.Account
}

func (s oneAnswer) QueryDomainByDomainName(_ context.Context, r *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error) {
	resp := *s.like
	resp.DomainName, resp.InstanceID = r.DomainName, ""
	resp.DNSList = s.live.Domain(r.DomainName).Nameservers
	return &resp, nil
}

// readBefore keeps readings of all names in the state of a directory, as a plan
// would have.
func readBefore(b *testing.B, dir string, sim *simulatorProcess) {
	b.Helper()
	live, err := snapshot.ReadFile(filepath.Join(dir, "live.json"))
	if err != nil {
		b.Fatal(err)
	}
	p, diags := config.Load(dir, config.Options{})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	client, err := apiclient.New(apiclient.Config{Endpoint: sim.endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}})
	if err != nil {
		b.Fatal(err)
	}
	like, err := client.QueryDomainByDomainName(b.Context(), &wire.QueryDomainByDomainNameRequest{DomainName: live.Domains[0].Name})
	if err != nil {
		b.Fatal(err)
	}
	blobs, err := job.ReadingsIn(filepath.Join(dir, ".domainsync"), journal.Options{})(b.Context(), sim.endpoint, live.ID)
	if err != nil {
		b.Fatal(err)
	}
	defer blobs.Close() //nolint:errcheck // the pieces are written by then
	_, err = reader.Fetch(b.Context(), oneAnswer{client, like, live}, p, reader.Options{
		Endpoint: sim.endpoint, Clock: client.ServiceClock().Clock(),
		Keeper: &reader.Keeper{Blobs: blobs, Failed: func(err error) { b.Error(err) }},
	})
	if err != nil {
		b.Fatal(err)
	}
}
