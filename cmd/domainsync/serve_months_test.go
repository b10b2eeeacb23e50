package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/metrics"
)

// simulatedTerms is an account with names that end month by month.
func simulatedTerms(n int) *simulator.Simulator {
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42"}
	for i := range n {
		account.Domains = append(account.Domains, snapshot.Domain{
			Name: fmt.Sprintf("name%02d.com", i), Expires: time.Now().Add(time.Hour).AddDate(0, 0, 20*i-40).Truncate(time.Second), Nameservers: []string{"ns1.example.org", "ns2.example.org"},
			TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		})
	}
	return simulator.New(simulator.Options{Seed: 1, Account: account})
}

// termFiles renew some of these names, and let one end.
const termFiles = `
budget {
  amount = 40
  per    = "month"
}

prices {
  com = { renew = 10.5 }
}

domain "name04.com" {
  renewal = {
    min_days_left = 60
    years         = 1
  }
}

domain "name03.com" {
  transfer_lock = true
}

domain "name12.com" {
  renewal = {
    min_days_left = 60
    years         = 1
  }
}
`

// reportedMonths are the lists of names and of renewals of a report, counted by month.
func reportedMonths(t *testing.T, text string) map[string]*metrics.Month {
	t.Helper()
	var r struct {
		Names []struct {
			Month    string
			Severity string
		}
		Forecast struct {
			Currency string
			Renewals []struct {
				Due       time.Time
				ByService bool         `json:"by_service"`
				Amount    *attr.Amount `json:"amount"`
				Waits     string
			}
			Months []struct {
				Month  string
				Budget *attr.Amount
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]*metrics.Month)
	of := func(month string) *metrics.Month {
		if counted[month] == nil {
			counted[month] = &metrics.Month{Money: make(map[string]*metrics.MonthMoney)}
		}
		return counted[month]
	}
	money := func(month string) *metrics.MonthMoney {
		m := of(month)
		if m.Money[r.Forecast.Currency] == nil {
			m.Money[r.Forecast.Currency] = new(metrics.MonthMoney)
		}
		return m.Money[r.Forecast.Currency]
	}
	for _, n := range r.Names {
		if n.Month == "" {
			continue
		}
		of(n.Month).Names++
		if n.Severity != "" {
			of(n.Month).Endangered++
		}
	}
	for _, x := range r.Forecast.Renewals {
		month := x.Due.Format("2006-01")
		number, unpriced := &of(month).Renewals, &of(month).Unpriced
		if x.ByService {
			number, unpriced = &of(month).ByService, &of(month).UnpricedByService
		}
		*number++
		switch {
		case x.Waits != "":
		case x.Amount == nil:
			*unpriced++
		case x.ByService:
			money(month).CostByService += *x.Amount
		default:
			money(month).Cost += *x.Amount
		}
	}
	for _, m := range r.Forecast.Months {
		if m.Budget != nil {
			money(m.Month).Budget = m.Budget
		}
	}
	return counted
}

// TestServedRunsCountMonths: what a run leaves of its account by month are the lists of a
// report that reads the account then; what looks at a part of it counts nothing.
func TestServedRunsCountMonths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), termFiles)
	sim := simulatedTerms(20)
	s := server(t, sim.Transport())
	o := runServed(t, s, fleet.Job{Action: fleet.Plan}, dir)
	if !o.Planned {
		t.Fatalf("nothing was planned: %d, %s: %s", o.ExitCode, o.Reason, o.Message)
	}
	out := hereOver(t, sim.Transport(), "report", "--refresh=full", "--format", "json", "--dir", dir, "--endpoint", "http://127.0.0.1:1").want(t, exitDone)
	want := reportedMonths(t, out.stdout)
	summary, err := metrics.Summarize(o.Metrics)
	if err != nil || summary.Months == nil {
		t.Fatalf("the run left %+v, %v", summary, err)
	}
	if d := cmp.Diff(want, summary.Months.Of); d != "" {
		t.Errorf("the report and the run differ: %s", d)
	}
	var names, endangered, renewals int
	var cost attr.Amount
	for _, m := range want {
		names, endangered, renewals = names+m.Names, endangered+m.Endangered, renewals+m.Renewals
		for _, x := range m.Money {
			cost += x.Cost
		}
	}
	if names != 20 || endangered == 0 || renewals < 2 || cost == 0 {
		t.Errorf("the report has %d names, %d endangered, %d renewals that cost %s", names, endangered, renewals, cost)
	}
	o = runServed(t, server(t, sim.Transport()), fleet.Job{Action: fleet.Plan, Targets: []string{"name03.com"}}, dir)
	if summary, err = metrics.Summarize(o.Metrics); err != nil || summary.Months != nil {
		t.Errorf("a look at one name has counted %+v, %v", summary.Months, err)
	}
}
