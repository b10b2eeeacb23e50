package report_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
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
	p := &config.Portfolio{Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm()}
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
	d := config.Domain{Name: name}
	if rng.IntN(2) == 0 {
		d.Settings.Labels = attr.NewLabels(map[string]string{"owner": string(rune('a' + rng.IntN(3)))})
	}
	return d
}

func drawnName(rng *rand.Rand, name string, now time.Time) snapshot.Domain {
	d := snapshot.Domain{Name: name}
	if rng.IntN(10) > 0 {
		d.Expires = now.Add(time.Duration(rng.IntN(900)-20) * 24 * time.Hour)
	}
	return d
}

// TestCalendarIsAsTheSnapshotCounts counts the names of each suffix and month in the
// snapshot itself, in another way than the report does.
func TestCalendarIsAsTheSnapshotCounts(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 14)) //nolint:gosec // it draws cases
	for range 30 {
		in := drawnPortfolio(rng, rng.IntN(200))
		r := report.New(in, planner.Diff(in), report.Options{})
		if diff := cmp.Diff(countedEnds(in.Live), toldEnds(&r.Calendar)); diff != "" {
			t.Fatal(diff)
		}
	}
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
