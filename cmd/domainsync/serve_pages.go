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
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
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

// pageRoutes are those of the pages. One that says neither its role nor that it is open has
// no role here, and the guard refuses it at the start.
func pageRoutes(all []pages.Route) []access.Route {
	routes := make([]access.Route, len(all))
	for i, r := range all {
		routes[i] = access.Route{Method: r.Method, Pattern: r.Pattern, Least: r.Least, Handler: r.Handler, Stream: r.Stream}
		if r.Open {
			routes[i].Least = access.Anyone
		}
	}
	return routes
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
func (f *fleetAccounts) Plan(ctx context.Context, job string, personal bool) (*pages.Plan, error) {
	docket, err := f.server.desk().Docket(ctx, job)
	if _, unknown := errors.AsType[*planstore.UnknownError](err); unknown || errors.Is(err, fs.ErrNotExist) {
		return nil, &pages.NoPlanError{Job: job}
	}
	if docket == nil || err != nil {
		return nil, err
	}
	if !personal {
		docket = docket.Masked()
	}
	return &pages.Plan{Plan: docket.Plan, Run: docket.Run, Waiting: docket.Waiting}, nil
}

// Decide is [pages.Accounts.Decide].
func (f *fleetAccounts) Decide(ctx context.Context, d pages.Decision) error {
	_, err := f.server.desk().Decide(ctx, decide.Decision{Job: d.Job, Plan: d.Hash, Changes: d.Changes, By: d.By, Reject: d.Reject, Reason: d.Reason})
	if refused, ok := errors.AsType[*decide.RefusedError](err); ok {
		return &pages.RefusedError{Why: refused.Why}
	}
	if busy, ok := errors.AsType[*journal.LockedError](err); ok {
		return &pages.RefusedError{Why: busy.Error() + "; decide when it has ended"}
	}
	return err
}

// Report is [pages.Accounts.Report].
func (f *fleetAccounts) Report(ctx context.Context, name string, w io.Writer) error {
	a, err := f.app(name)
	if err != nil {
		return err
	}
	since, err := parseTime(runsReported, a.clock.Now())
	if err != nil {
		return err
	}
	r, err := a.portfolioReport(interrupts{soft: ctx, hard: ctx}, &portfolioFlags{source: sourceFlags{offline: true, refresh: string(job.RefreshAuto)}}, since)
	if errors.Is(err, job.ErrNothingRead) {
		return &pages.NoReportError{Job: name}
	}
	if err != nil {
		return fmt.Errorf("the report of %s: %w", name, err)
	}
	return reportpage.HTML(w, r, reportpage.Options{Masked: true})
}
