package testrunner

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
)

// endpoint is what plans say where the account is. Nothing is sent to it: requests go
// to the simulator in process.
const endpoint = "https://domain.example"

// world is a simulated account, and the state of the runs on it. What files, flags and
// the environment say of an endpoint and of credentials has no part in it.
type world struct {
	simulator *simulator.Simulator
	dir       string // of the state
	clock     clock.Clock
}

// newWorld returns a world with an account. It has to be closed.
func newWorld(account *snapshot.Account, c clock.Clock) (*world, error) {
	dir, err := os.MkdirTemp("", "domainsync-test-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the state of the test: %w", err)
	}
	return &world{simulator: simulator.New(simulator.Options{Account: account, Seed: 1, Clock: c}), dir: dir, clock: c}, nil
}

// close removes what the runs have left. A world that was never made has left nothing.
func (w *world) close() error {
	if w == nil {
		return nil
	}
	return os.RemoveAll(w.dir)
}

// job returns a job that declares this on the account.
func (w *world) job(p *config.Portfolio, version string) (*job.Job, error) {
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
		Transport: w.simulator.Transport(), Clock: w.clock, TrustClock: true,
		PageSize: p.Refresh.PageSize, AbsentLists: p.Account.AbsentLists == config.AbsentNone,
	})
	if err != nil {
		return nil, err
	}
	run := client.ServiceClock().Clock()
	o := journal.Options{Clock: w.clock, Now: run.Now}
	return &job.Job{
		Portfolio: p, Service: client, Endpoint: endpoint, Version: version, Clock: run,
		Journal: job.InState(w.dir, o), Readings: job.ReadingsIn(w.dir, o),
	}, nil
}

// settingError is a setting of the service that it does not take.
type settingError struct {
	at  *tests.JSON
	err error
}

func (e *settingError) Error() string { return e.err.Error() }

func (e *settingError) Unwrap() error { return e.err }

// set gives the service the faults and the market of a run.
func (w *world) set(r *tests.Run) error {
	var errs []error
	if r.Faults != nil {
		faults, err := simulator.ReadFaults(bytes.NewReader(r.Faults.Text))
		if err == nil {
			err = w.simulator.SetFaults(faults)
		}
		if err != nil {
			errs = append(errs, &settingError{r.Faults, err})
		}
	}
	if r.Market != nil {
		market, err := simulator.ReadMarket(bytes.NewReader(r.Market.Text))
		if err == nil {
			err = w.simulator.SetMarket(market)
		}
		if err != nil {
			errs = append(errs, &settingError{r.Market, err})
		}
	}
	return errors.Join(errs...)
}
