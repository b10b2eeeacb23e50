package main

import (
	"fmt"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// simulatorKey is the key of a simulator that was told no other one.
func simulatorKey(string) apiclient.Credentials {
	return apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}
}

// service is the account that a command works with.
type service struct {
	*apiclient.Client
	endpoint    string
	account     string // that the files pin; "": any
	pageSize    int    // of lists for which the service states no most; 0: the default
	limits      config.Limits
	absentLists bool // the service leaves empty lists out
	app         *app
}

// connect makes the client for the account of the configuration. It makes no
// call yet.
func (a *app) connect(p *config.Portfolio) (*service, error) { return a.connectFor(p, nil) }

// connectFor is connect for a command that calls operations by itself, as far as permit
// lets it.
func (a *app) connectFor(p *config.Portfolio, permit func(operation string) error) (*service, error) {
	endpoint, err := a.endpoint(p)
	if err != nil {
		return nil, err
	}
	absent := p.Account.AbsentLists == config.AbsentNone
	client, err := apiclient.New(apiclient.Config{
		Endpoint:    endpoint,
		Credentials: a.credentials(p.Account.Profile),
		Transport:   a.transport,
		Account:     p.Account.ID,
		Limits:      p.Limits.Rate,
		Meter:       a.meter,
		Clock:       a.clock,
		TrustClock:  a.flags.serviceClock,
		Logger:      a.log,
		UserAgent:   a.userAgent(),
		PageSize:    p.Refresh.PageSize,
		AbsentLists: absent,
		Permit:      permit,
	})
	if err != nil {
		return nil, err
	}
	return &service{Client: client, endpoint: endpoint, account: p.Account.ID, pageSize: p.Refresh.PageSize, limits: p.Limits, absentLists: absent, app: a}, nil
}

// userAgent is what each call says of its sender. That of a fleet names its run, so that
// the service's own log leads from a call to who made it, and why.
func (a *app) userAgent() string {
	agent := "domainsync/" + programVersion()
	if a.fleetRun > 0 {
		agent += fmt.Sprintf(" (run %d)", a.fleetRun)
	}
	return agent
}

// endpointVariable names the service where no flag does.
const endpointVariable = "DOMAINSYNC_ENDPOINT"

// endpoint returns the address of the service. Who runs the program may name any
// host; a file, which a pull request can change, only hosts of the service.
func (a *app) endpoint(p *config.Portfolio) (string, error) {
	switch variable := a.getenv(endpointVariable); {
	case a.flags.endpoint != "":
		return wire.ParseEndpoint(a.flags.endpoint, wire.FromCommandLine)
	case variable != "":
		endpoint, err := wire.ParseEndpoint(variable, wire.FromCommandLine)
		if err != nil {
			err = fmt.Errorf("%s: %w", endpointVariable, err)
		}
		return endpoint, err
	case p.Account.Endpoint != "":
		return wire.ParseEndpoint(p.Account.Endpoint, wire.FromFile)
	}
	return wire.DefaultEndpoint, nil
}

// fetching are the options of a read of some names.
func (s *service) fetching(only planner.Selection) reader.Options {
	return reader.Options{
		Endpoint: s.endpoint, Account: s.account, Only: only, PageSize: s.pageSize, Clock: s.ServiceClock().Clock(),
		Limits: s.limits, Foresee: s.app.showForecast, Progress: s.app.showReading,
	}
}

// readAccount reads facts of all names of the account. What an earlier reading
// found out a moment ago is not asked for again; of since, a snapshot, stands what
// has not changed. With an error it returns what it has read so far.
func (a *app) readAccount(i interrupts, facts snapshot.Facts, known, since *planner.Live) (*planner.Live, error) {
	return a.readNames(i, planner.Selection{}, facts, known, since)
}

// readNames is readAccount for some of the names.
func (a *app) readNames(i interrupts, only planner.Selection, facts snapshot.Facts, known, since *planner.Live) (*planner.Live, error) {
	p, err := a.loadAccount()
	if err != nil {
		return nil, err
	}
	s, err := a.connect(p)
	if err != nil {
		return nil, err
	}
	options := s.fetching(only)
	if known != nil && known.Endpoint == s.endpoint {
		options.Known = known
	}
	if since != nil {
		if err := sameAccount(since, s.endpoint, p.Account.ID); err != nil {
			return nil, err
		}
		options.Held = reader.HeldIn(since)
		options.Earlier = &reader.Earlier{
			Readings: reader.ReadingsOf(since), Log: s, MaxAge: p.MaxAgeOf, Due: true,
			Told: func(s reader.Standing) { a.showStanding(job.Refreshing(s)) },
		}
	}
	live, err := reader.FetchAll(i.soft, s, facts, options)
	return live, i.explain(err)
}
