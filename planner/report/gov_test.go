package report_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

const govZone = "../../../shared/data/gov/gov-2026-05-18.zone.gz"

// linesOfZone counts in the text of a zone, by owner, which nameservers a name has and how
// many DS records.
func linesOfZone(t *testing.T) (servers map[string][]string, keys map[string]int) {
	t.Helper()
	f, err := os.Open(govZone)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the zone is not at hand; portfolios that are drawn are tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	servers, keys = make(map[string][]string), make(map[string]int)
	for lines := bufio.NewScanner(text); lines.Scan(); {
		fields := strings.Fields(strings.ToLower(lines.Text()))
		if len(fields) < 5 || strings.HasPrefix(fields[0], ";") || strings.Count(fields[0], ".") != 2 {
			continue
		}
		switch name := strings.TrimSuffix(fields[0], "."); fields[3] {
		case "ns":
			servers[name] = append(servers[name], strings.TrimSuffix(fields[4], "."))
		case "ds":
			keys[name]++
		}
	}
	return servers, keys
}

// endOf is when a name ends in the test: the zone does not say it.
func endOf(name string, now time.Time) time.Time {
	h := fnv.New32a()
	h.Write([]byte(name))
	return now.AddDate(0, 0, int(h.Sum32()%800))
}

// TestReportOfGov compares the report of the .gov portfolio with what is counted in the
// lines of the zone.
func TestReportOfGov(t *testing.T) {
	t.Parallel()
	servers, keys := linesOfZone(t)
	zone, err := snapshot.ReadZoneFile(govZone, "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 12, 11, 7, 0, 0, 0, time.UTC)
	in := planner.Input{Live: zone.Account, Portfolio: &config.Portfolio{
		Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(), Prices: map[string]attr.Prices{"gov": {Renew: new(attr.Amount(1100))}},
	}}
	in.Live.ReadAt = now
	for i := range in.Live.Domains {
		d := &in.Live.Domains[i]
		d.Expires, d.AutoRenew = endOf(d.Name, now), new(true)
	}
	r := report.New(in, planner.Diff(in), report.Options{})
	signed, months, renewed, sets, alone := 0, make(map[string]int), make(map[string]int), make(map[string]int), 0
	for name, all := range servers {
		end := endOf(name, now)
		months[end.Format("2006-01")]++
		for year := range 3 { // the service renews it three days before each end, or never
			if end.AddDate(0, 0, -3).After(now) {
				renewed[end.AddDate(year, 0, -3).Format("2006-01")]++
			}
		}
		slices.Sort(all)
		sets[strings.Join(slices.Compact(all), " ")]++
		if keys[name] > 0 {
			signed++
		}
		if len(slices.Compact(slices.Sorted(slices.Values(all)))) == 1 {
			alone++
		}
	}
	if len(servers) < 10_000 || r.Totals.Names != len(servers) || r.Totals.Unmanaged != len(servers) {
		t.Errorf("%+v, and the zone has %d names", r.Totals, len(servers))
	}
	if got := r.Coverage.Total.Answers[2]; r.Coverage.Checks[2].ID != "signed" || got.Yes != signed || got.Yes+got.No != len(servers) {
		t.Errorf("signed are %+v, want %d", got, signed)
	}
	told := make(map[string]int)
	for _, s := range r.Nameservers.Sets {
		told[strings.Join(s.Nameservers, " ")] = len(s.Names)
	}
	if diff := cmp.Diff(sets, told); diff != "" {
		t.Errorf("the sets differ: %.2000s", diff)
	}
	if one := r.Nameservers.Risks[0]; one.ID != "one_nameserver" || one.Names != alone {
		t.Errorf("%+v, want %d names", one, alone)
	}
	for i, month := range r.Calendar.Months {
		if got := r.Calendar.Total.Months[i].Names; got != months[month] {
			t.Errorf("in %s %d names end, want %d", month, got, months[month])
		}
		m, want := r.Forecast.Months[i], renewed[month]
		if m.ByService != want || m.AmountByService != attr.Amount(1100*want) {
			t.Errorf("in %s the service renews %d names for %s, want %d", month, m.ByService, m.AmountByService, want)
		}
	}
}

// BenchmarkReport makes the report of 100,000 names, a third of which renew themselves.
func BenchmarkReport(b *testing.B) {
	in := benchmarked(100_000)
	plan := planner.Diff(in)
	b.ReportAllocs()
	for b.Loop() {
		report.New(in, plan, report.Options{})
	}
}

func benchmarked(names int) planner.Input {
	now := time.Date(2026, 12, 11, 7, 0, 0, 0, time.UTC)
	p := &config.Portfolio{
		Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
		Prices: map[string]attr.Prices{"com": {Renew: new(attr.Amount(1100))}},
		Budget: &config.Budget{Amount: 100_000_00, Currency: "USD", Per: config.PerMonth},
	}
	in := planner.Input{Portfolio: p, Live: &planner.Live{ReadAt: now}}
	renewal := []config.Declared{{Attribute: attr.Lookup("renewal"), Value: attr.Renewal{MinDaysLeft: 60, Years: 1}}}
	for i := range names {
		name := benchName(i)
		d := config.Domain{Name: name}
		d.Settings.Labels = attr.NewLabels(map[string]string{"owner": "team" + string(rune('a'+i%20))})
		x := snapshot.Domain{
			Name: name, Expires: endOf(name, now).AddDate(0, 0, 61), TransferLock: "OPEN", UpdateLock: "CLOSE", TransferOut: "NORMAL",
			Nameservers: []string{"ns1." + benchName(i%500), "ns2." + benchName(i%500)},
		}
		if i%3 == 0 {
			x.AutoRenew = new(true)
		} else {
			d.Declared = renewal
		}
		p.Domains, in.Live.Domains = append(p.Domains, d), append(in.Live.Domains, x)
	}
	return in
}

func benchName(i int) string {
	const digits = "0123456789"
	name := []byte("n000000.com")
	for k := 6; k > 0; k-- {
		name[k] = digits[i%10]
		i /= 10
	}
	return string(name)
}
