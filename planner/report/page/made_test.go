package page_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// madeReport is a report that is made of an account and its files, which a seed draws.
func madeReport(seed uint64, names int) *report.Report {
	rng := rand.New(rand.NewPCG(seed, 14)) //nolint:gosec // it draws cases
	p := &config.Portfolio{
		Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
		Prices: map[string]attr.Prices{"com": {Renew: new(attr.Amount(7800))}, "net": {Renew: new(attr.Amount(9100))}},
		Budget: &config.Budget{Amount: attr.Amount(rng.IntN(200_000)), Currency: "CNY", Per: config.PerMonth},
	}
	live := &planner.Live{ID: "123456", Endpoint: "https://example.com", ReadAt: now}
	for i := range names {
		name := fmt.Sprintf("n%06d.%s", i, []string{"com", "co.uk", "net", "example", "xn--q9jyb4c"}[rng.IntN(5)])
		if rng.IntN(5) > 0 {
			p.Domains = append(p.Domains, madeDeclaration(rng, name))
		}
		if rng.IntN(10) > 0 {
			live.Domains = append(live.Domains, madeName(rng, name))
		}
	}
	in := planner.Input{Portfolio: p, Live: live}
	past := &report.PastRuns{Since: now.AddDate(-1, 0, 0)}
	for i := range rng.IntN(60) {
		past.Runs = append(past.Runs, report.RunRow{
			ID: int64(60 - i), Kind: "apply", Status: "ended", Began: now.Add(-time.Duration(i) * 50 * time.Hour), ExitCode: new(rng.IntN(2) * 4),
			ChangeCounts: report.ChangeCounts{Changes: 9, Made: 7, Failed: 1, Open: 1},
		})
	}
	return report.New(in, planner.Diff(in), report.Options{Version: "v1.2.3", Past: past})
}

func madeDeclaration(rng *rand.Rand, name string) config.Domain {
	d := config.Domain{Name: name, Template: []string{"", "corp", "parked"}[rng.IntN(3)]}
	if rng.IntN(2) == 0 {
		d.Settings.Labels = attr.NewLabels(map[string]string{"owner": []string{"web", "mail", "a b"}[rng.IntN(3)]})
	}
	if rng.IntN(2) == 0 {
		d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup("renewal"), Value: attr.Renewal{MinDaysLeft: 60, Years: 1 + rng.IntN(2)}})
	}
	return d
}

func madeName(rng *rand.Rand, name string) snapshot.Domain {
	d := snapshot.Domain{Name: name, AutoRenew: new(rng.IntN(4) == 0), Privacy: new(rng.IntN(2) == 0)}
	if rng.IntN(20) > 0 {
		d.Expires = now.Add(time.Duration(rng.IntN(900)-20)*24*time.Hour + time.Hour)
	}
	locks := []wire.LockStatus{"", wire.LockOn, wire.LockOff}
	d.TransferLock, d.UpdateLock = locks[rng.IntN(3)], locks[rng.IntN(3)]
	if rng.IntN(4) > 0 {
		d.Nameservers = [][]string{{}, {"ns1.example.net"}, {"ns1.example.net", "ns2.example.net"}, {"ns1.one.com", "ns1.two.net"}}[rng.IntN(4)]
	}
	return d
}
