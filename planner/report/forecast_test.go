package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// monthSum is what a month costs, counted without the report.
type monthSum struct {
	files, service       int
	byFiles, byService   attr.Amount
	noPrice, noPriceSelf int
}

// TestForecastIsAsDaysPlayed plays two years day by day over each name of the snapshot,
// and compares what each month costs with the forecast.
func TestForecastIsAsDaysPlayed(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		want, got := make(map[string]monthSum), make(map[string]monthSum)
		for i := range in.Live.Domains {
			playYears(&in, &in.Live.Domains[i], want)
		}
		for _, m := range r.Forecast.Months {
			sum := monthSum{m.Renewals, m.ByService, m.Amount, m.AmountByService, m.Unpriced, m.UnpricedByService}
			if sum != (monthSum{}) {
				got[m.Month] = sum
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(monthSum{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// playYears renews a name day by day.
func playYears(in *planner.Input, d *snapshot.Domain, sums map[string]monthSum) {
	if d.Expires.IsZero() {
		return
	}
	policy, _ := declaredOf(in.Portfolio, d.Name, "renewal").(attr.Renewal)
	self := policy.Years == 0 && d.AutoRenew != nil && *d.AutoRenew && d.Expires.Sub(in.Live.ReadAt).Hours() > 72
	price, known := map[string]attr.Amount{"com": 1100, "co.uk": 750}[suffixOf(d.Name)], !d.Premium
	expires := d.Expires
	for day := in.Live.ReadAt; day.Format("2006-01") < "2028-12"; day = day.Add(24 * time.Hour) {
		sum := sums[day.Format("2006-01")]
		left := int(expires.Sub(day).Hours()) / 24
		switch {
		case policy.Years > 0 && left <= policy.MinDaysLeft:
			years := policy.Years
			for expires.AddDate(years, 0, 0).Before(day.Add(time.Duration(policy.MinDaysLeft) * 24 * time.Hour)) {
				years++
			}
			expires = expires.AddDate(years, 0, 0)
			if sum.files++; price == 0 || !known {
				sum.noPrice++
			} else {
				sum.byFiles += price * attr.Amount(years)
			}
		case self && left == 3: // when the service renews it
			expires = expires.AddDate(1, 0, 0)
			if sum.service++; price == 0 || !known {
				sum.noPriceSelf++
			} else {
				sum.byService += price
			}
		default:
			continue
		}
		sums[day.Format("2006-01")] = sum
	}
}

func suffixOf(name string) string {
	_, suffix, _ := cutName(name)
	return suffix
}

func declaredOf(p *config.Portfolio, name, attribute string) attr.Value {
	for i := range p.Domains {
		if p.Domains[i].Name == name {
			return p.Domains[i].Value(attribute)
		}
	}
	return nil
}

// TestForecastAgainstBudget: a month has what its budget has, the first one without what
// is spent, and is short of the rest.
func TestForecastAgainstBudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC)
	renewal := config.Declared{Attribute: attr.Lookup("renewal"), Value: attr.Renewal{MinDaysLeft: 30, Years: 1}}
	in := planner.Input{
		Portfolio: &config.Portfolio{
			Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
			Prices: map[string]attr.Prices{"com": {Renew: new(attr.Amount(1100))}},
			Budget: &config.Budget{Amount: 2000, Currency: "USD", Per: config.PerMonth},
		},
		Live: &planner.Live{ReadAt: now},
		History: planner.History{Purchases: []planner.Purchase{{
			Change: "z.com/renewal", Amount: 1500, Currency: "USD", At: now, Done: true,
		}}},
	}
	for name, days := range map[string]int{"a.com": 40, "b.com": 70, "c.com": 71, "d.net": 40} {
		in.Portfolio.Domains = append(in.Portfolio.Domains, config.Domain{Name: name, Declared: []config.Declared{renewal}})
		in.Live.Domains = append(in.Live.Domains, snapshot.Domain{Name: name, Expires: now.AddDate(0, 0, days)})
	}
	sortInput(&in)
	f := report.New(in, planner.Diff(in), report.Options{}).Forecast
	december, january := f.Months[0], f.Months[1]
	if *december.Budget != 500 || december.Amount != 1100 || december.Short != 600 || december.Renewals != 2 || december.Unpriced != 1 {
		t.Errorf("December: %+v, budget %v", december, *december.Budget)
	}
	if *january.Budget != 2000 || january.Amount != 2200 || january.Short != 200 {
		t.Errorf("January: %+v, budget %v", january, *january.Budget)
	}
	if f.Budget == nil || f.Budget.Spent != 1500 || f.Budget.OfMonth != 2000 || f.Currency != "USD" {
		t.Errorf("the budget is %+v in %s", f.Budget, f.Currency)
	}
	if len(f.Unpriced) != 2 || f.Unpriced[0].Name != "d.net" || len(f.UnpricedBySuffix) != 1 || f.UnpricedBySuffix[0] != (report.Count{Key: "net", Number: 2}) {
		t.Errorf("unpriced: %+v, %+v", f.Unpriced, f.UnpricedBySuffix)
	}
}
