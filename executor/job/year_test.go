package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

// A year is a job that runs each night, on an account with names that are renewed
// within a budget. Too many are due in spring for the budget of a month.
type year struct {
	t     *testing.T
	sim   *simulator.Simulator
	job   *job.Job
	next  func(ctx context.Context, d time.Duration) error // lets time pass
	names int

	night    int
	bought   int             // orders so far
	spent    float64         // so far
	month    string          // of the last night
	before   float64         // spent before this month
	deferred map[string]bool // names that had to wait for money
}

const (
	yearNames   = 100
	monthly     = 20 * 11 // USD
	yearOfFiles = `
domains "all" {
  names         = [%s]
  renewal       = { min_days_left = 60 }
  transfer_lock = endswith(each.name, "0.com") ? true : null
}

budget {
  amount   = 220
  currency = "USD"
}

prices {
  com = { renew = 11 }
}
`
)

// newYear returns a year by a clock. The service's is trusted: it may be moved.
func newYear(t *testing.T, c clock.Clock, next func(context.Context, time.Duration) error) *year {
	t.Helper()
	account, quoted := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, make([]string, yearNames)
	for i := range yearNames {
		left := 62 + i*300/yearNames // days
		if i%5 < 2 {
			left = 90 + i*60/yearNames
		}
		d := snapshot.Domain{Name: fmt.Sprintf("n%03d.com", i), Expires: c.Now().AddDate(0, 0, left).Truncate(time.Second), Nameservers: []string{"ns1.example.net"}, TransferLock: wire.LockOn}
		account.Domains, quoted[i] = append(account.Domains, d), fmt.Sprintf("%q", d.Name)
	}
	y := &year{t: t, next: next, names: yearNames, deferred: make(map[string]bool), sim: simulator.New(simulator.Options{Seed: 1, Account: account, Clock: c})}
	client := clientOf(t, apiclient.Config{Transport: y.sim.Transport(), Clock: c, TrustClock: true})
	run := client.ServiceClock().Clock()
	y.job = &job.Job{
		Portfolio: load(t, fmt.Sprintf(yearOfFiles, strings.Join(quoted, ", "))), Service: client, Endpoint: endpoint, Clock: run,
		Journal: job.InState(t.TempDir(), journal.Options{Clock: c, Now: run.Now}),
	}
	return y
}

// play plays nights, and returns the first error.
func (y *year) play(ctx context.Context, nights int) error {
	for y.night = range nights {
		if err := y.play1(ctx); err != nil {
			return fmt.Errorf("night %d, %v: %w", y.night, y.sim.Now(), err)
		}
		if err := y.next(ctx, 24*time.Hour); err != nil {
			return err
		}
	}
	if y.spent == 0 || len(y.deferred) == 0 && nights > 60 || y.bought < y.names && nights == 365 {
		return fmt.Errorf("%d orders for %.2f USD, and %d names had to wait for money", y.bought, y.spent, len(y.deferred))
	}
	return nil
}

// play1 plays one night: an apply, and a plan that has nothing left to do.
func (y *year) play1(ctx context.Context) error {
	r, err := y.job.Apply(ctx, job.ApplyOptions{})
	if err != nil {
		return err
	}
	if len(r.Reasons) > 0 {
		return fmt.Errorf("it ended with %v: %+v", r.Reasons, r.Plan.Summary)
	}
	second, err := y.job.Plan(ctx, job.PlanOptions{})
	if err != nil {
		return err
	}
	if !second.Plan.Converged() {
		return fmt.Errorf("the second plan has %+v", second.Plan.Summary)
	}
	y.wait(second.Plan)
	return y.check()
}

// wait notes which names wait for money.
func (y *year) wait(p *planner.Plan) {
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Status == attr.Deferred && c.Attribute == "renewal" {
			y.deferred[c.Domain] = true
		}
	}
}

// check holds what must hold each night.
func (y *year) check() error {
	now := y.sim.Now()
	if month := now.Format("2006-01"); month != y.month {
		y.month, y.before = month, y.spent
	}
	y.bought, y.spent = 0, 0
	for _, p := range y.sim.Purchases() {
		if y.bought += p.Count; p.Count != 1 || p.Years != 1 {
			return fmt.Errorf("%s was renewed %d times for %d years from %v", p.Domain, p.Count, p.Years, p.Expires)
		}
		y.spent += p.Price
	}
	if y.spent-y.before > monthly {
		return fmt.Errorf("%.2f USD were spent in %s", y.spent-y.before, y.month)
	}
	account := y.sim.State()
	if len(account.Domains) != y.names {
		return fmt.Errorf("%d names are left", len(account.Domains))
	}
	for i := range account.Domains {
		d := &account.Domains[i]
		if left := d.Expires.Sub(now); left < 7*24*time.Hour || !d.TransferLock.On() {
			return fmt.Errorf("%s has %v left; its lock is %v", d.Name, left, d.TransferLock)
		}
	}
	return nil
}

// nights are as many as there is time for.
func nights(all int) int {
	if testing.Short() {
		return all / 12
	}
	return all
}

// TestYearOfNights plays a year of nights: each name is renewed in time, once a
// term, within the budget of each month, and each night ends with nothing left
// to do. Program and service have one clock.
func TestYearOfNights(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t, clock.Clock{}, clock.Clock{}.Sleep)
		if err := y.play(t.Context(), nights(365)); err != nil {
			t.Error(err)
		}
		t.Logf("%d nights, %d orders, %.2f USD, %d names waited for money", y.night+1, y.bought, y.spent, len(y.deferred))
	})
}

// TestNightsOfTheService moves the service's clock alone, from night to night: the
// program's stands where it is, and its runs go by the service's.
func TestNightsOfTheService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var y *year
		y = newYear(t, clock.Clock{}, func(_ context.Context, d time.Duration) error { return y.sim.MoveClock(d) })
		if err := y.play(t.Context(), nights(120)); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > 24*time.Hour {
			t.Errorf("by its own clock it took %v", took)
		}
	})
}

// TestNightsByAJumpingClock plays nights outside of a bubble, as a program can. It
// is not parallel, for it waits until all of the process is idle.
func TestNightsByAJumpingClock(t *testing.T) {
	source := clock.NewJumping(time.Date(2027, 1, 1, 3, 17, 0, 0, time.UTC))
	c := clock.New(source)
	y := newYear(t, c, c.Sleep)
	if err := source.Run(t.Context(), func(ctx context.Context) error { return y.play(ctx, nights(120)) }); err != nil {
		t.Error(err)
	}
}
