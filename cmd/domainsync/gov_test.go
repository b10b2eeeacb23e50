package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// govCounts is what lies between the .gov zones of 2026-02-06 and 2026-05-18,
// counted in the zones themselves.
var govCounts = census{
	bothZones: 15_070, vanished: 76,
	moved: 473, movedSigned: 59, movedSets: 284,
	resigned: 237, signedMore: 82, signedLess: 22, unsigned: 9, signedOther: 133, sharedTags: 14, stuck: 1,
	hosts: 13, registered: 758, registeredDS: 47, registeredNew: 5,
}

// TestPortfolioOfGov brings an account that holds the names of one zone to all
// that a later one tells.
func TestPortfolioOfGov(t *testing.T) {
	t.Parallel()
	testPortfolio(t, govZone(t, "2026-02-06"), govZone(t, "2026-05-18"), govCounts, &portfolio{percent: usualPercent})
}

// TestPortfolioOfGovInOtherReadings does the same with a service that reads
// everything in another way than the most likely one.
func TestPortfolioOfGovInOtherReadings(t *testing.T) {
	t.Parallel()
	p := &portfolio{percent: usualPercent, readings: simulator.OtherReadings()[simulator.Together]}
	testPortfolio(t, govZone(t, "2026-02-06"), govZone(t, "2026-05-18"), govCounts, p)
}

func govZone(t *testing.T, date string) string {
	t.Helper()
	file := "../../../shared/data/gov/gov-" + date + ".zone.gz"
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the zones are not at hand; generated ones are tested")
	}
	return absolute(t, file)
}

// usualPercent is that of a guard about which nothing is said.
const usualPercent = 30

// allOfCase is more than there are names of any case.
const allOfCase = 1 << 20

// TestPortfolioGenerated does the same with generated zones of that shape, in
// an account whose names are all locked.
func TestPortfolioGenerated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier, later, counts := zonePair(1, allOfCase)
	if len(counts) != len(govCounts) {
		t.Fatalf("the zones are to have a case of each kind, and have %v", counts)
	}
	writeText(t, filepath.Join(dir, "earlier.zone"), earlier)
	writeText(t, filepath.Join(dir, "later.zone"), later)
	testPortfolio(t, filepath.Join(dir, "earlier.zone"), filepath.Join(dir, "later.zone"), counts, &portfolio{locked: true, percent: usualPercent})
}

// TestPortfolioInEachReading does the same for the ways in which the reference
// can be read, each alone and all together. Services of which no answer says that
// a list is empty are left out: they leave open what half of the names are like.
// There are fewer names of each case than above, and still pages of them;
// PORTFOLIO_NAMES=all takes all.
func TestPortfolioInEachReading(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	dir := t.TempDir()
	ofCase := 30
	if os.Getenv("PORTFOLIO_NAMES") == "all" {
		ofCase = allOfCase
	}
	earlier, later, counts := zonePair(1, ofCase)
	if total := counts[bothZones] + counts[vanished]; total <= 200 {
		t.Fatalf("%d names are no more than a page", total)
	}
	writeText(t, filepath.Join(dir, "later.zone"), later)
	account := accountOfZone(t, filepath.Join(dir, "earlier.zone"), earlier)
	outside := &portfolio{T: t, earlier: account, later: filepath.Join(dir, "later.zone"), counts: counts}
	outside.testNameservers() // has the process listen for signals, which no bubble may
	for name, r := range simulator.OtherReadings() {
		if !r.Tells() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &portfolio{T: t, earlier: account, later: filepath.Join(dir, "later.zone"), counts: counts, locked: true, percent: 95, readings: r}
				p.testAll()
			})
		})
	}
}

// A portfolio is the names of a zone on their way to a later one.
type portfolio struct {
	*testing.T
	earlier *snapshot.Account
	later   string // the zone file
	counts  census
	locked  bool
	percent int // of the names that may change at once
	sim     *simulator.Simulator

	readings simulator.Readings // of the service
}

// accountOfZone writes a zone to a file and returns the account that it tells of.
func accountOfZone(t *testing.T, file, zone string) *snapshot.Account {
	t.Helper()
	writeText(t, file, zone)
	read, err := snapshot.ReadZoneFile(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return read.Account
}

// testPortfolio moves a portfolio, which says what account and what service it
// is of, from an earlier zone to a later one.
func testPortfolio(t *testing.T, earlier, later string, counts census, p *portfolio) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
	account, err := snapshot.ReadZoneFile(earlier, "")
	if err != nil {
		t.Fatal(err)
	}
	p.T, p.earlier, p.later, p.counts = t, account.Account, later, counts
	// The first command, which has the process listen for signals, runs outside of
	// the bubble.
	p.testNameservers()
	// The clock of a bubble does not wait for what is polled.
	synctest.Test(t, func(t *testing.T) {
		p.T = t
		p.testAll()
	})
}

// run runs a command in a directory.
func (p *portfolio) run(code int, dir string, args ...string) outcome {
	p.Helper()
	args = append([]string{"--dir", dir, "--endpoint", "https://domain.example", "--qps", "100000", "--quiet"}, args...)
	return hereOver(p.T, p.sim.Transport(), args...).want(p.T, code)
}

// plan plans into a file.
func (p *portfolio) plan(code int, dir, file string, args ...string) *planner.Plan {
	p.Helper()
	p.run(code, dir, append([]string{"plan", "--out", file}, args...)...)
	plan, err := planner.Decode([]byte(readText(p.T, file)))
	if err != nil {
		p.Fatal(err)
	}
	return plan
}

// simulate makes an account of the names of the earlier zone.
func (p *portfolio) simulate(lock wire.LockStatus, requireHosts bool) {
	account := *p.earlier
	account.Domains = slices.Clone(account.Domains)
	for i := range account.Domains {
		account.Domains[i].UpdateLock = lock
	}
	p.sim = simulator.New(simulator.Options{
		Account: &account, Seed: 1, RequireHosts: requireHosts, Readings: p.readings, Faults: simulator.Faults{LimitProfile: "none"},
	})
}

// testNameservers plans what a zone tells of nameservers alone against a
// snapshot: signed names are blocked while the files do not say what becomes of
// their DS records.
func (p *portfolio) testNameservers() {
	p.simulate(wire.LockOff, false)
	dir := p.TempDir()
	live, careful, keeping := filepath.Join(dir, "live.json"), filepath.Join(dir, "careful"), filepath.Join(dir, "keeping")
	if err := snapshot.WriteFile(live, p.sim.State()); err != nil {
		p.Fatal(err)
	}
	p.run(exitDone, careful, "import", "--zone", p.later, "--existing", "--live", live, "--attributes", "nameservers", "--out", careful)
	p.run(exitDone, keeping, "import", "--zone", p.later, "--existing", "--live", live, "--keep-ds", "--out", keeping)

	plan := p.plan(exitFailed, careful, filepath.Join(careful, "plan.json"), "--live", live)
	wantCount(p.T, "declared names", plan.Summary.Names, p.counts[bothZones])
	wantCount(p.T, "blocked changes", plan.Count(attr.Blocked), p.counts[movedSigned])
	wantCount(p.T, "ready changes", plan.Count(attr.Ready), p.counts[moved]-p.counts[movedSigned])

	plan = p.plan(exitDone, keeping, filepath.Join(keeping, "plan.json"), "--live", live)
	wantCount(p.T, "ready changes", plan.Count(attr.Ready), p.counts[moved])
	wantCount(p.T, "blocked changes", plan.Count(attr.Blocked), 0)
	for _, c := range plan.Calls {
		if c.Operation == "SaveBatchTaskForModifyingDomainDns" {
			wantCount(p.T, "nameserver tasks", c.Calls, p.counts[movedSets])
		}
	}
}

// policy is what the zones do not tell: how new names are bought, and that old DS
// records need not wait.
const policy = `budget {
  amount = %d
}

prices {
  gov = { register = 20 }
}

guard {
  max_delegations    = %d
  max_change_percent = %d
}

template "gov" {
  registration = { registrant_profile = "Example Ltd" }
  ds_hold      = "0s"
  %s
}
`

// testAll declares all that the later zone tells, and registers its new names.
func (p *portfolio) testAll() {
	dir := p.TempDir()
	p.run(exitDone, dir, "import", "--zone", p.later, "--template", "gov", "--out", dir)
	locks := ""
	if p.locked {
		locks = "update_lock = true\n  temporary_unlock = true"
	}
	writeText(p.T, filepath.Join(dir, "policy.hcl"), fmt.Sprintf(policy, 20*p.counts[registered], p.counts[moved]+p.counts[resigned]+p.counts[registered]+100, p.percent, locks))
	lock := wire.LockUnset
	if p.locked {
		lock = wire.LockOn
	}
	// Zones tell hosts only where resolvers need them; generated ones tell all.
	p.simulate(lock, p.locked)
	before := p.sim.State()

	first := p.plan(exitFailed, dir, filepath.Join(dir, "first.json"))
	if diff := cmp.Diff(p.counts, p.count(first, before)); diff != "" {
		p.Errorf("what is counted in the zones, and in the plan: -want +got\n%s", diff)
	}
	p.wantWithin(first)
	p.apply(exitDone, dir, filepath.Join(dir, "first.json"))
	// What is removed waits until what is added has been verified; something is blocked.
	p.apply(exitFailed, dir)
	last := p.plan(exitFailed, dir, filepath.Join(dir, "last.json"))
	wantCount(p.T, "blocked changes", last.Count(attr.Blocked), p.counts[stuck])
	wantCount(p.T, "changes that are left", len(last.Changes), p.counts[stuck])
	wantCount(p.T, "unmanaged names", len(last.Unmanaged), p.counts[vanished])
	wantCount(p.T, "missing names and failed reads", len(last.Missing)+len(last.Failures), 0)
	p.wantDeclared(last)
	p.wantUntouched(before)
	p.wantPurchases(first)
}

// wantWithin wants a plan that its guards and its budget let pass.
func (p *portfolio) wantWithin(plan *planner.Plan) {
	p.Helper()
	if plan.Guarded() || plan.HasErrors() || len(plan.Guards) < 2 {
		p.Errorf("guards %+v, diagnostics %+v", plan.Guards, plan.Diagnostics)
	}
	if b := plan.Budget; b == nil || b.Spent != 0 || b.Left() != 0 {
		p.Errorf("the budget is to be spent, and is %+v", b)
	}
}

// apply applies, and wants that all is done and seen.
func (p *portfolio) apply(code int, dir string, args ...string) {
	p.Helper()
	file := filepath.Join(dir, "report.json")
	p.run(code, dir, append([]string{"apply", "--auto-approve", "--report", file}, args...)...)
	var report executor.Report
	if err := json.Unmarshal([]byte(readText(p.T, file)), &report); err != nil {
		p.Fatal(err)
	}
	if report.Unfinished() || report.Troubled() || report.Counts[string(executor.Verified)] != len(report.Changes) || len(report.Changes) == 0 {
		p.Errorf("the report counts %v, open tasks %v, trouble %v, unlocked %v", report.Counts, report.OpenTasks, report.Trouble, report.Unlocked)
	}
}

// count counts a plan's changes the way zones are counted. before is the state
// that it starts from.
func (p *portfolio) count(plan *planner.Plan, before *snapshot.Account) census {
	counts := census{bothZones: len(before.Domains) - len(plan.Unmanaged), vanished: len(plan.Unmanaged)}
	servers := make(map[string]bool)
	signing := make(map[string]*signatures)
	bought, boughtDS := make(map[string]bool), make(map[string]bool)
	for c := range plan.Differences() {
		if c.Attribute == attr.RegistrationName {
			bought[c.Domain] = true
		}
	}
	for c := range plan.Differences() {
		live := before.Domain(c.Domain)
		switch {
		case c.Attribute == attr.RegistrationName && c.Status == attr.Ready:
			counts[registered]++
		case bought[c.Domain] && c.Follows != "":
			boughtDS[c.Domain] = boughtDS[c.Domain] || c.Attribute == attr.DSRecords
			if c.Attribute == attr.GlueHosts {
				counts[registeredNew]++
			}
		case c.Attribute == "nameservers" && c.Planned():
			counts[moved]++
			servers[c.After.String()] = true
			if len(live.DSRecords) > 0 {
				counts[movedSigned]++
			}
		case c.Attribute == attr.GlueHosts && c.Status == attr.Ready && c.Action != attr.Delete:
			counts[hosts]++
		case c.Attribute == attr.DSRecords:
			if signing[c.Domain] == nil {
				signing[c.Domain] = &signatures{live: live.DSRecords}
			}
			signing[c.Domain].add(c)
		default:
			p.Errorf("%s is %s: %s", c.ID, c.Status, c.Reason)
		}
	}
	maps.DeleteFunc(boughtDS, func(_ string, signed bool) bool { return !signed })
	counts[movedSets], counts[registeredDS] = len(servers), len(boughtDS)
	for _, s := range signing {
		s.count(counts)
	}
	return counts
}

// signatures are what becomes of the DS records of a name.
type signatures struct {
	live       []snapshot.DSRecord
	added      int
	gone, left []attr.DSRecord // left: blocked
}

func (s *signatures) add(c *attr.Change) {
	if after, ok := c.After.(attr.DSSet); ok {
		s.added += len(after)
	}
	if before, ok := c.Before.(attr.DSSet); ok && c.Status == attr.Blocked {
		s.left = append(s.left, before...)
	} else {
		s.gone = append(s.gone, before...)
	}
}

func (s *signatures) count(counts census) {
	counts[resigned]++
	gone := append(slices.Clone(s.gone), s.left...)
	switch {
	case len(gone) == 0:
		counts[signedMore]++
	case s.added == 0:
		counts[signedLess]++
		if len(gone) == len(s.live) {
			counts[unsigned]++
		}
	default:
		counts[signedOther]++
	}
	if slices.ContainsFunc(gone, func(r attr.DSRecord) bool {
		same := func(l snapshot.DSRecord) bool { return l.KeyTag == r.KeyTag }
		first := slices.IndexFunc(s.live, same)
		return slices.ContainsFunc(s.live[first+1:], same)
	}) {
		counts[sharedTags]++
	}
	counts[stuck] += len(s.left)
}

// wantDeclared compares the account with the later zone by its own means: what
// differs is what the last plan says is blocked, for a reason that is known.
func (p *portfolio) wantDeclared(last *planner.Plan) {
	p.Helper()
	blocked := []string{}
	for i := range last.Changes {
		c := &last.Changes[i]
		if !strings.Contains(c.Reason, "the service cannot tell them apart") {
			p.Errorf("%s is %s: %s", c.ID, c.Status, c.Reason)
		}
		for _, r := range c.Before.(attr.DSSet) {
			blocked = append(blocked, fmt.Sprintf("%s has DS %s", c.Domain, r))
		}
	}
	var left []string
	live := readings(p.sim.State())
	for name, want := range readZone(p.T, p.later) {
		left = append(left, want.differences(name, live[name])...)
	}
	slices.Sort(left)
	if diff := cmp.Diff(blocked, left); diff != "" {
		p.Errorf("what is blocked, and what differs: -want +got\n%s", diff)
	}
}

// wantUntouched wants all that no file declares to be what it was, and every name
// locked.
func (p *portfolio) wantUntouched(before *snapshot.Account) {
	p.Helper()
	after := p.sim.State()
	declared := readZone(p.T, p.later)
	gone := 0
	for i := range before.Domains {
		was, is := before.Domains[i], after.Domain(before.Domains[i].Name)
		if is == nil {
			p.Errorf("%s is gone", was.Name)
			continue
		}
		if declared[was.Name] != nil {
			was.Nameservers, was.DSRecords, was.Hosts = is.Nameservers, is.DSRecords, is.Hosts
		} else {
			gone++
		}
		if diff := cmp.Diff(was, *is); diff != "" {
			p.Errorf("%s has changed: -before +after\n%s", was.Name, diff)
		}
	}
	wantCount(p.T, "names that no file declares", gone, p.counts[vanished])
	for i := range after.Domains {
		if d := &after.Domains[i]; p.locked && d.UpdateLock != wire.LockOn {
			p.Errorf("%s is left unlocked", d.Name)
		}
	}
}

// wantPurchases wants each new name to be bought once and paid as planned, and
// nothing to be saved twice but openings and closings of locks.
func (p *portfolio) wantPurchases(first *planner.Plan) {
	p.Helper()
	paid, all := 0.0, p.sim.Purchases()
	wantCount(p.T, "purchases", len(all), p.counts[registered])
	state := p.sim.State()
	for _, b := range all {
		paid += b.Price
		if b.Type != wire.TaskRegister || b.Count != 1 || b.Years != 1 || state.Domain(b.Domain) == nil {
			p.Errorf("bought: %+v", b)
		}
	}
	if planned := first.Summary.Purchases[attr.RegistrationName]; planned.Count != len(all) || float64(planned.Amount)/100 != paid {
		p.Errorf("planned %s, paid %.2f", planned, paid)
	}
	for change, times := range p.sim.Saved() {
		if times > 1 && !strings.HasPrefix(change, "SaveBatchTaskForUpdateProhibitionLock") {
			p.Errorf("saved %d times: %s", times, change)
		}
	}
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
