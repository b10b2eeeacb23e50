package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/internal/webpage"
	reportpage "github.com/domainsync/domainsync/planner/report/page"
)

// site returns the pages that people look at. Stopping is closed when runs are to end.
func (s *fleetServer) site(stopping <-chan struct{}) (*pages.Site, error) {
	return pages.New(pages.Options{
		Table: s.table, Accounts: &fleetAccounts{s}, Person: access.PersonOf, SignOut: signOutOf,
		Version: programVersion(), Clock: s.app.clock, Log: s.app.log, Stopping: stopping,
	})
}

// signOutOf is where whoever sends a request signs out; "": the session is not ours.
func signOutOf(ctx context.Context) string {
	if access.SessionOf(ctx) {
		return access.SignOutPath
	}
	return ""
}

// pageRoutes are those of the pages.
func pageRoutes(site *pages.Site) []access.Route {
	var all []access.Route
	for _, r := range site.Routes() {
		route := access.Route{Method: r.Method, Pattern: r.Pattern, Least: r.Least, Handler: r.Handler, Stream: r.Stream}
		if r.Least == "" {
			route.Least = access.Anyone
		}
		all = append(all, route)
	}
	return all
}

// siteView has what the guard shows look as the pages do.
type siteView struct{ site *pages.Site }

// SignIn is [access.View.SignIn].
func (v siteView) SignIn(w http.ResponseWriter, r *http.Request, f access.SignIn) {
	v.site.SignIn(w, r, pages.SignIn{
		Action: access.SignInPath, TokenField: access.TokenField, Hidden: []webpage.Field{{Name: access.ToField, Value: f.To}}, Wrong: f.Wrong,
	})
}

// Refuse is [access.View.Refuse].
func (v siteView) Refuse(w http.ResponseWriter, r *http.Request, f access.Refusal) {
	v.site.Refuse(w, r, f.Status, f.Headline, f.Text)
}

// fleetAccounts are the states of the accounts of the jobs that the file has.
type fleetAccounts struct{ server *fleetServer }

// app returns the program as if it had been started for a job's directory.
func (f *fleetAccounts) app(name string) (*app, error) {
	j := f.server.runner.File().Job(name)
	if j == nil {
		return nil, &fleet.NoJobError{Job: name}
	}
	return f.server.app.ofJob(fleet.Work{Job: *j, Log: f.server.app.log.With("job", name)}, realPath(j.Dir)), nil
}

// Plan is [pages.Accounts.Plan].
func (f *fleetAccounts) Plan(ctx context.Context, job, hash string, personal bool) (*pages.Plan, error) {
	a, err := f.app(job)
	if err != nil {
		return nil, err
	}
	p, err := a.planToShow(ctx, nil, hash)
	if _, unknown := errors.AsType[*planstore.UnknownError](err); unknown || errors.Is(err, fs.ErrNotExist) {
		return nil, &pages.NoPlanError{Job: job, Hash: hash}
	}
	if err != nil {
		return nil, fmt.Errorf("the plan of %s: %w", job, err)
	}
	if !personal {
		p = p.Masked(a.masker)
	}
	return &pages.Plan{Plan: p}, nil
}

// Decide is [pages.Accounts.Decide].
func (f *fleetAccounts) Decide(context.Context, pages.Decision) error {
	return &pages.RefusedError{Why: "this version takes approvals from the command line alone: domainsync apply at a terminal"}
}

// Report is [pages.Accounts.Report].
func (f *fleetAccounts) Report(ctx context.Context, job string, w io.Writer) error {
	a, err := f.app(job)
	if err != nil {
		return err
	}
	since, err := parseTime(runsReported, a.clock.Now())
	if err != nil {
		return err
	}
	r, err := a.portfolioReport(interrupts{soft: ctx, hard: ctx}, &portfolioFlags{source: sourceFlags{offline: true}}, since)
	if err != nil {
		return fmt.Errorf("the report of %s: %w", job, err)
	}
	return reportpage.HTML(w, r, reportpage.Options{Masked: true})
}
