package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// session is an account that this process holds: its service, and its journal
// with the lock.
type session struct {
	*service
	interrupts
	journal   *journal.Journal
	portfolio *config.Portfolio
	account   string // "" where it holds no name to tell
	quiet     time.Duration
}

// runFlags are the flags of all commands that write to the account.
type runFlags struct {
	lockTimeout time.Duration
	quietPeriod time.Duration
	report      string
}

// open takes hold of the account, and makes sure that the credentials and the
// journal belong to it.
func (a *app) open(i interrupts, p *config.Portfolio, f runFlags) (*session, error) {
	if err := canWrite(f.report); err != nil {
		return nil, fmt.Errorf("the report cannot be saved: %w", err)
	}
	service, err := a.connect(p)
	if err != nil {
		return nil, err
	}
	s := &session{service: service, interrupts: i, portfolio: p, quiet: f.quietPeriod}
	s.journal, err = journal.Open(s.soft, a.stateDir(), journal.Options{Clock: a.clock, LockTimeout: f.lockTimeout})
	if err == nil {
		err = s.identify()
	}
	if err != nil {
		return nil, s.end(errors.Join(err, s.close()))
	}
	return s, nil
}

// identify asks whose the credentials are. Another account than that of the
// files or of the journal is refused before anything else is asked.
func (s *session) identify() error {
	if err := s.journal.Check(s.soft, s.endpoint, ""); err != nil {
		return err
	}
	account, err := reader.Identify(s.soft, s)
	if err != nil {
		return err
	}
	if s.service.account != "" && account != "" && account != s.service.account {
		return &reader.AccountError{Want: s.service.account, Got: account}
	}
	s.account = account
	return s.journal.Bind(s.soft, s.endpoint, account)
}

// close lets go of the account.
func (s *session) close() error {
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}

// config is what the executor works with.
func (s *session) config() executor.Config {
	return executor.Config{
		Service: s, Read: s.read, Today: s.today, Journal: s.journal, Stop: s.soft.Done(),
		BatchSize: s.portfolio.Limits.BatchSize, PageSize: s.portfolio.Refresh.PageSize, MaxFailures: s.portfolio.Guard.MaxFailures,
		Skew: s.Skew, Clock: s.app.clock, Log: s.app.log, Events: s.app.showEvent, Timing: executor.Timing{QuietPeriod: s.quiet},
	}
}

// today reads what a plan of some names follows from now.
func (s *session) today(ctx context.Context, names []string) (planner.Input, error) {
	live, err := reader.FetchSome(ctx, s, s.portfolio, names, s.fetching(planner.Selection{}))
	return planner.Input{Portfolio: s.portfolio, Live: live, Version: programVersion()}, err
}

// read reads facts of some names.
func (s *session) read(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
	return reader.FetchNames(ctx, s, facts, s.fetching(planner.Selection{}))
}

// history is what the journal tells a plan.
func (s *session) history() (planner.History, error) { return executor.History(s.soft, s.journal) }

// showEvent shows what there is to be seen of an event while a plan is executed.
func (a *app) showEvent(e executor.Event) {
	if p, ok := e.(executor.Progress); ok {
		a.showRunning(p)
	}
}

// showRunning shows how far a run is.
func (a *app) showRunning(p executor.Progress) {
	text := []string{
		fmt.Sprintf("%s of %s steps sent", words.Number(p.Sent), words.Number(p.Steps)),
		words.Number(p.Settled) + " ended",
	}
	for _, more := range []struct {
		n    int
		noun string
	}{{p.Failed, "failed"}, {p.InDoubt, "in doubt"}, {p.NotSent, "not sent"}} {
		if more.n > 0 {
			text = append(text, words.Number(more.n)+" "+more.noun)
		}
	}
	if p.Tasks > 0 {
		text = append(text, words.Count(p.Tasks, "task")+" open")
	}
	if p.Reading {
		text = append(text, "reading what was changed")
	}
	if p.Waiting != "" {
		text = append(text, "waiting for "+p.Waiting)
	}
	a.stderr.show(strings.Join(text, ", "), false)
}

// end turns the errors of a session into ends of the process.
func (s *session) end(err error) error {
	if _, ok := errors.AsType[*journal.LockedError](err); ok {
		return held(err)
	}
	if e, ok := errors.AsType[*journal.WriteError](err); ok {
		return failed(exitOpen, "%w; nothing more was sent: give the journal room, then resume", e)
	}
	return s.explain(err)
}

// held gives the error of an account that another run holds its exit code.
func held(err error) error {
	if e, ok := errors.AsType[*journal.LockedError](err); ok {
		return failed(exitHeld, "%w", e)
	}
	return err
}
