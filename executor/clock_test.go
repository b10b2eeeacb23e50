package executor_test

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// ahead is the system's clock, years before it has come so far.
type ahead struct{ system clock.Clock }

const years = 10 * 365 * 24 * time.Hour

func (a ahead) Now() time.Time { return a.system.Now().Add(years) }

func (a ahead) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return a.system.NewTimer(d)
}

func (a ahead) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := a.system.WithTimeoutCause(ctx, d, cause)
	return bounded{ctx, a.Now().Add(d)}, cancel
}

// bounded is a context that tells another deadline than package time's.
type bounded struct {
	context.Context
	deadline time.Time
}

func (b bounded) Deadline() (time.Time, bool) { return b.deadline, true }

// timesIn calls f with every time in a value that is not zero.
func timesIn(v reflect.Value, where string, f func(where string, at time.Time)) {
	if v.CanInterface() {
		if at, ok := v.Interface().(time.Time); ok {
			if !at.IsZero() {
				f(where, at)
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			timesIn(v.Elem(), where, f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				timesIn(v.Field(i), where+"."+v.Type().Field(i).Name, f)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			timesIn(v.Index(i), where, f)
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			timesIn(i.Value(), where, f)
		}
	}
}

// TestRunsGoByTheGivenClock: where client, service, journal and executor are
// given a clock, no time of a run is of another one.
func TestRunsGoByTheGivenClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.New(ahead{})
		begin := c.Now()
		names := []name{{name: "a.example", want: newServers, locked: true}, {name: "b.example", want: newServers}}
		sim := simulator.New(simulator.Options{Account: accountOf(names), Seed: 1, Clock: c})
		client, err := apiclient.New(apiclient.Config{
			Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: sim.Transport(), Clock: c,
		})
		if err != nil {
			t.Fatal(err)
		}
		j, err := journal.Open(t.Context(), t.TempDir(), journal.Options{Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}()
		options := reader.Options{Clock: c}
		live, err := reader.Fetch(t.Context(), client, portfolioOf(names), options)
		if err != nil {
			t.Fatal(err)
		}
		plan := planner.Diff(planner.Input{Portfolio: portfolioOf(names), Live: live})
		report, err := executor.Run(t.Context(), plan, executor.Config{
			Service: client, Journal: j, Clock: c, ServiceClock: client.ServiceClock(),
			Read: func(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
				return reader.FetchNames(ctx, client, facts, options)
			},
		})
		if err != nil || exitOf(report) != 0 {
			t.Fatalf("%v: %+v", err, report)
		}
		ledger, err := j.Ledger(t.Context(), report.Run)
		if err != nil {
			t.Fatal(err)
		}
		end, times := c.Now(), 0
		for where, value := range map[string]any{"read": live.ReadAt, "journal": ledger, "report": report, "service": sim.Tasks()} {
			timesIn(reflect.ValueOf(value), where, func(where string, at time.Time) {
				times++
				if at.Before(begin.Truncate(time.Second)) || at.After(end) {
					t.Errorf("%s is %v, and the run went from %v to %v", where, at, begin, end)
				}
			})
		}
		if times < 15 {
			t.Errorf("only %d times were found", times)
		}
	})
}
