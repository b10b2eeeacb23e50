package testrunner

import (
	"context"
	"errors"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// endpoint is what plans say where the account is. Nothing is sent to it: requests go
// to the simulator in process.
const endpoint = "https://domain.example"

// stateName is what messages call the state of a test.
const stateName = "of the test"

// world is a simulated account, and the state of the runs on it. What files, flags and
// the environment say of an endpoint and of credentials has no part in it.
type world struct {
	simulator *simulator.Simulator
	states    *memory.States
	clock     clock.Clock
}

// newWorld returns a world with an account.
func newWorld(account *snapshot.Account, c clock.Clock) *world {
	return &world{simulator: simulator.New(simulator.Options{Account: account, Seed: 1, Clock: c}), states: new(memory.States), clock: c}
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
	o := journal.Options{Clock: w.clock, Now: run.Now, Memory: w.states}
	return &job.Job{
		Portfolio: p, Service: client, Endpoint: endpoint, Version: version, Clock: run,
		Journal: job.InState(stateName, o), Readings: job.ReadingsIn(stateName, o),
	}, nil
}

// settings are what the runs want of the service, by the run.
type settings map[*tests.Run]setting

// setting is what one run wants; nil: as before.
type setting struct {
	faults *simulator.Faults
	market *simulator.Market
	// readings are those of the service, by what is not said like the first ones.
	readings *simulator.Readings
	// only are the names that are looked at, and approval what may pass without a person;
	// nil: everything.
	only     planner.Selection
	approval *planner.Approval
}

// settingsOf returns what the runs of a file want, or reports their mistakes, and false.
func settingsOf(file *tests.File) (settings, bool) {
	all, fine := make(settings), true
	for i := range file.Runs {
		r := &file.Runs[i]
		var s setting
		var wrong [4]*hcl.Diagnostic
		s.faults, wrong[0] = checked[simulator.Faults](r.Faults)
		s.market, wrong[1] = checked[simulator.Market](r.Market)
		s.readings, wrong[3] = checked[simulator.Readings](r.Readings)
		if r.Target != nil {
			only, err := planner.SelectTargets(r.Target.Patterns)
			if s.only = only; err != nil {
				wrong[2] = &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong target", Detail: words.Sentence(err), Subject: r.Target.At}
			}
		}
		if r.Approve != nil {
			s.approval = &planner.Approval{Hazards: r.Approve}
		}
		for _, d := range wrong {
			if d != nil {
				file.Report(d)
				fine = false
			}
		}
		all[r] = s
	}
	return all, fine
}

// checked decodes a setting and checks it; nil: the run has none.
func checked[T interface{ Validate() error }](s *tests.Setting) (*T, *hcl.Diagnostic) {
	if s == nil {
		return nil, nil
	}
	value := new(T)
	if wrong := s.Decode(value); wrong != nil {
		return nil, wrong
	}
	err := (*value).Validate()
	if of, ok := errors.AsType[*simulator.MemberError](err); ok {
		return nil, s.Mistake(of.Member, of.Error())
	}
	if err != nil {
		return nil, s.Mistake("", err.Error())
	}
	return value, nil
}

// set gives the service what a run wants of it.
func (w *world) set(s setting) error {
	if s.faults != nil {
		if err := w.simulator.SetFaults(*s.faults); err != nil {
			return err
		}
	}
	if s.readings != nil {
		to := w.simulator.Settings()
		to.Readings = *s.readings
		if err := w.simulator.SetSettings(to); err != nil {
			return err
		}
	}
	if s.market != nil {
		return w.simulator.SetMarket(*s.market)
	}
	return nil
}

// kept is what assertions see of the state of the runs.
type kept struct {
	// Runs is how many runs it knows, and Persons how many entries tell of persons.
	Runs    int `json:"runs"`
	Persons int `json:"persons"`
}

// journal opens the journal of the runs for reading.
func (w *world) journal(ctx context.Context) (*journal.Journal, error) {
	return job.InState(stateName, journal.Options{Clock: w.clock, Memory: w.states})(ctx, "", "", true)
}

// runs returns those of the state, the oldest first.
func (w *world) runs(ctx context.Context) ([]journal.Run, error) {
	j, err := w.journal(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := j.Runs(ctx)
	return runs, errors.Join(err, j.Close())
}

// kept looks into the state; nothing is kept before the first run.
func (w *world) kept(ctx context.Context) (k kept, err error) {
	if w == nil {
		return k, nil
	}
	j, err := w.journal(ctx)
	if err != nil {
		return k, err
	}
	runs, err := j.Runs(ctx)
	k.Runs = len(runs)
	err = errors.Join(err, j.Persons(ctx, func(journal.Person) { k.Persons++ }), j.Close())
	return k, err
}
