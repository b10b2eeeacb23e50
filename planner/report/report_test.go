package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

var reportSuffixes = []string{"com", "co.uk", "net", "example"}

// drawnPortfolio is an account and its files, with names of every kind.
func drawnPortfolio(rng *rand.Rand, names int) planner.Input {
	now := time.Date(2026, 12, 11, 7, 0, 0, 0, time.UTC)
	p := &config.Portfolio{
		Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
		Prices: map[string]attr.Prices{"com": {Renew: new(attr.Amount(1100))}, "co.uk": {Renew: new(attr.Amount(750))}},
	}
	if rng.IntN(2) == 0 {
		p.Budget = &config.Budget{Amount: attr.Amount(rng.IntN(20000)), Currency: "USD", Per: config.PerMonth}
	}
	live := &planner.Live{ReadAt: now}
	for i := range names {
		name := fmt.Sprintf("n%06d.%s", i, reportSuffixes[rng.IntN(len(reportSuffixes))])
		if rng.IntN(4) > 0 {
			p.Domains = append(p.Domains, drawnDeclaration(rng, name))
		}
		if rng.IntN(4) > 0 {
			live.Domains = append(live.Domains, drawnName(rng, name, now))
		}
	}
	return planner.Input{Portfolio: p, Live: live}
}

func drawnDeclaration(rng *rand.Rand, name string) config.Domain {
	d := config.Domain{Name: name, Template: []string{"", "corp", "parked"}[rng.IntN(3)]}
	if rng.IntN(2) == 0 {
		d.Settings.Labels = attr.NewLabels(map[string]string{"owner": string(rune('a' + rng.IntN(3)))})
	}
	declare := func(attribute string, v attr.Value) {
		d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup(attribute), Value: v})
	}
	switch rng.IntN(4) {
	case 0:
		declare("lapse", attr.Lapse("not needed any more"))
	case 1, 2:
		declare("renewal", attr.Renewal{MinDaysLeft: []int{30, 60, 400}[rng.IntN(3)], Years: 1 + rng.IntN(2)})
	}
	return d
}

func drawnName(rng *rand.Rand, name string, now time.Time) snapshot.Domain {
	d := snapshot.Domain{Name: name}
	if rng.IntN(10) > 0 {
		d.Expires = now.Add(time.Duration(rng.IntN(900)-20) * 24 * time.Hour)
	}
	if rng.IntN(3) == 0 {
		d.AutoRenew = new(rng.IntN(2) == 0)
	}
	d.Premium = rng.IntN(20) == 0
	drawnProtection(rng, &d)
	return d
}

// drawnProtection draws what is known of how a name is protected and where it leads.
func drawnProtection(rng *rand.Rand, d *snapshot.Domain) {
	locks := []wire.LockStatus{"", wire.LockOn, wire.LockOff}
	d.TransferLock, d.UpdateLock = locks[rng.IntN(3)], locks[rng.IntN(3)]
	switch rng.IntN(3) {
	case 0:
		d.DSRecords = []snapshot.DSRecord{}
	case 1:
		d.DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "AB"}}
	}
	if rng.IntN(2) == 0 {
		d.Privacy = new(rng.IntN(2) == 0)
	}
	if rng.IntN(2) == 0 {
		d.RegistrantUpdating, d.EmailUnverified = wire.UpdatingNormal, rng.IntN(3) == 0
		d.RealName = []wire.RealNameStatus{"", wire.RealNamePassed, wire.RealNameSucceeded, wire.RealNameFailed, wire.RealNamePending}[rng.IntN(5)]
	}
	if rng.IntN(5) > 0 {
		d.Nameservers = drawnSets[rng.IntN(len(drawnSets))]
	}
}

// drawnSets are nameservers of names, as a portfolio has them.
var drawnSets = [][]string{
	{},
	{"ns1.example.net"},
	{"ns1.example.net", "ns2.example.net"},
	{"ns1.one.com", "ns1.one.net"},
	{"ns-01.two-01.com", "ns-02.two-22.org", "ns.three.co.uk"},
}

// eachDrawn runs a test on portfolios that are drawn.
func eachDrawn(t *testing.T, test func(t *testing.T, in planner.Input, r *report.Report)) {
	t.Helper()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 14)) //nolint:gosec // it draws cases
	for range 30 {
		in := drawnPortfolio(rng, rng.IntN(200))
		test(t, in, report.New(in, planner.Diff(in), report.Options{}))
	}
}

// TestCalendarIsAsTheSnapshotCounts counts the names of each suffix and month in the
// snapshot itself, in another way than the report does.
func TestCalendarIsAsTheSnapshotCounts(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		if diff := cmp.Diff(countedEnds(in.Live), toldEnds(&r.Calendar)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// countedEnds counts names by suffix and by when they end.
func countedEnds(live *planner.Live) map[string]int {
	counts := make(map[string]int)
	for _, d := range live.Domains {
		_, suffix, _ := cutName(d.Name)
		months := (d.Expires.Year()-live.ReadAt.Year())*12 + int(d.Expires.Month()) - int(live.ReadAt.Month())
		end := fmt.Sprintf("%04d-%02d", d.Expires.Year(), d.Expires.Month())
		switch {
		case d.Expires.IsZero():
			end = "never"
		case d.Expires.Sub(live.ReadAt) < 0:
			end = "before"
		case months > 23:
			end = "after"
		}
		counts[suffix+" "+end]++
	}
	return counts
}

func cutName(name string) (label, suffix string, ok bool) {
	for i := range name {
		if name[i] == '.' {
			return name[:i], name[i+1:], true
		}
	}
	return "", "", false
}

// toldEnds are the counts of a calendar that are not 0.
func toldEnds(c *report.Calendar) map[string]int {
	counts := make(map[string]int)
	note := func(suffix, end string, n int) {
		if n > 0 {
			counts[suffix+" "+end] = n
		}
	}
	for _, row := range c.Rows {
		note(row.Suffix, "before", row.Expired.Names)
		note(row.Suffix, "after", row.Later.Names)
		note(row.Suffix, "never", row.NoDate.Names)
		for i, cell := range row.Months {
			note(row.Suffix, c.Months[i], cell.Names)
		}
	}
	return counts
}

// sortInput brings names into the order in which inputs have them.
func sortInput(in *planner.Input) {
	slices.SortFunc(in.Portfolio.Domains, func(x, y config.Domain) int { return strings.Compare(x.Name, y.Name) })
	in.Live.Sort()
}
