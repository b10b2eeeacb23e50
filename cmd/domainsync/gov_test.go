package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestPortfolioOfGov brings an account that holds the names of one zone to the
// nameservers of a later one.
func TestPortfolioOfGov(t *testing.T) {
	t.Parallel()
	earlier, later := "../../../shared/data/gov/gov-2026-02-06.zone.gz", "../../../shared/data/gov/gov-2026-05-18.zone.gz"
	if _, err := os.Stat(earlier); err != nil {
		t.Skip("the zones are not at hand; generated ones are tested")
	}
	testPortfolio(t, earlier, later, 237, 13)
}

// TestPortfolioGenerated does the same with generated zones of that shape.
func TestPortfolioGenerated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier, later := zonePair(1)
	writeText(t, filepath.Join(dir, "earlier.zone"), earlier)
	writeText(t, filepath.Join(dir, "later.zone"), later)
	testPortfolio(t, filepath.Join(dir, "earlier.zone"), filepath.Join(dir, "later.zone"), movedSigned-movedSameDS, 0)
}

// testPortfolio wants a number of names with other DS records and of hosts with
// other addresses.
func testPortfolio(t *testing.T, earlier, later string, signed, hosts int) {
	if testing.Short() {
		t.Skip("takes long")
	}
	sim := simulate(t, "--zone", absolute(t, earlier))
	connect := []string{"--endpoint", sim.endpoint, "--qps", "100000", "--quiet"}
	command := func(dir string, args ...string) outcome {
		t.Helper()
		return runProgram(t, append(append([]string{"--dir", dir}, connect...), args...)...)
	}
	careful, keeping, whole := t.TempDir(), t.TempDir(), t.TempDir()
	command(careful, "import", "--zone", later, "--existing", "--attributes", "nameservers", "--out", careful).want(t, exitDone)
	command(keeping, "import", "--zone", later, "--existing", "--keep-ds", "--out", keeping).want(t, exitDone)

	// While the files do not say what becomes of DS records, signed names wait.
	p := readPlan(t, command(careful, "plan", "--format", "json").want(t, exitFailed).stdout)
	wantCount(t, "declared names", p.Summary.Names, bothNames)
	wantCount(t, "ready changes", p.Count(attr.Ready), movedNames-movedSigned)
	wantCount(t, "blocked changes", p.Count(attr.Blocked), movedSigned)

	p = readPlan(t, command(keeping, "plan", "--format", "json").want(t, exitDone).stdout)
	wantCount(t, "ready changes", p.Count(attr.Ready), movedNames)
	wantCount(t, "names with other nameservers", p.Summary.Attributes["nameservers"], movedNames)
	wantCount(t, "blocked changes", p.Count(attr.Blocked), 0)

	// All that the zone tells.
	command(whole, "import", "--zone", later, "--existing", "--out", whole).want(t, exitDone)
	p = readPlan(t, command(whole, "plan", "--format", "json").stdout)
	names := make(map[string]map[string]bool)
	for _, c := range p.Changes {
		if names[c.Attribute] == nil {
			names[c.Attribute] = make(map[string]bool)
		}
		names[c.Attribute][c.Domain] = true
	}
	wantCount(t, "names with other nameservers", len(names["nameservers"]), movedNames)
	wantCount(t, "names with other DS records", len(names["ds_records"]), signed)
	wantCount(t, "other hosts", p.Summary.Attributes["hosts"], hosts)

	command(keeping, "apply", "--auto-approve").want(t, exitDone)
	var stats map[string]int
	sim.get(t, "stats", &stats)
	wantCount(t, "nameserver tasks", stats["SaveBatchTaskForModifyingDomainDns"], movedSets)
	command(keeping, "plan", "--detailed-exitcode").want(t, exitDone)
}

func readPlan(t *testing.T, text string) *planner.Plan {
	t.Helper()
	p := new(planner.Plan)
	if err := json.Unmarshal([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func wantCount(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
