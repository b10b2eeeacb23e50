package main

import (
	"errors"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	runclock "github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

// runFlags are the flags of all commands that write to the account.
type runFlags struct {
	lockTimeout time.Duration
	quietPeriod time.Duration
	breakGlass  string // why persons are not waited for; "": they are
}

// newJob returns the job of the configuration, which makes no call yet.
func (a *app) newJob(i interrupts, p *config.Portfolio, f runFlags, w *watch) (*job.Job, error) {
	s, err := a.connect(p)
	if err != nil {
		return nil, err
	}
	j, err := a.localJob(i, f, w, s.ServiceClock().Clock())
	if err != nil {
		return nil, err
	}
	if j.Policy, err = a.operatorPolicy(); err != nil {
		return nil, err
	}
	j.Portfolio, j.Service, j.Endpoint, j.Notifiers = p, s.Client, s.endpoint, a.notifiers()
	return j, nil
}

// jobFor returns the job of the files, with what the flags of an apply say of it, and
// which of the names are wanted.
func (a *app) jobFor(i interrupts, targets []string, accept []accepted, guards []string, f runFlags, w *watch) (*job.Job, planner.Selection, error) {
	portfolio, only, err := a.loadSelected(targets)
	if err != nil {
		return nil, only, err
	}
	if err := idleAccept(accept, portfolio); err != nil {
		return nil, only, err
	}
	if err := a.overrideGuards(portfolio, guards); err != nil {
		return nil, only, err
	}
	j, err := a.newJob(i, portfolio, f, w)
	return j, only, err
}

// endUnplanned ends a command whose run cannot begin, because of an error. Which names
// are endangered is told from what the state knows.
func (a *app) endUnplanned(i interrupts, o job.Operation, w *watch, err error) error {
	j, failure := a.localJob(i, runFlags{}, w, a.clock)
	if failure != nil {
		return err
	}
	cause := err
	if said := saidBefore(err); said != "" {
		cause = errors.New(said)
	}
	if a.flags.endpoint != "" || a.getenv(endpointVariable) != "" { // else the state says it
		if j.Endpoint, failure = a.endpoint(new(config.Portfolio)); failure != nil {
			return err
		}
	}
	j.Notifiers = a.notifiers()
	r, _ := j.Fail(i.hard, o, cause)
	code := job.ExitCode(append(codesOf(r, nil), codeOf(err))...)
	if code == codeOf(err) {
		return err
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return &exit{code: code, err: e.err, reason: e.reason, said: e.said}
	}
	return &exit{code: code, err: err}
}

// localJob returns a job that knows its journal only, and goes by a clock.
func (a *app) localJob(i interrupts, f runFlags, w *watch, c runclock.Clock) (*job.Job, error) {
	state, o, err := a.state()
	if err != nil {
		return nil, err
	}
	o.Now, o.LockTimeout = c.Now, f.lockTimeout
	return &job.Job{
		Name: a.job, CountMonths: a.job != "",
		Journal:      job.InState(state, o),
		Readings:     job.ReadingsIn(state, o),
		ShowPersonal: a.masker == nil, Masker: a.masker,
		Events: w.show, Shown: w.failure, Stop: i.soft.Done(),
		Actor: a.actor(), Exit: exitOf, Rule: a.rule, BreakGlass: f.breakGlass,
		Version: programVersion(), Clock: c, Log: a.log, Timing: executor.Timing{QuietPeriod: f.quietPeriod},
	}, nil
}

// codesOf returns the exit codes for the end of a run.
func codesOf(r *job.Result, err error) []int {
	var codes []int
	for _, reason := range r.Reasons {
		codes = append(codes, job.ExitCodeFor(reason))
	}
	return append(codes, codeOf(explainEnd(r, err)))
}

// exitOf returns the exit code of a run that ends with a result, and why it is not 0.
func exitOf(r *job.Result, err error) (code int, reason string) {
	if code = job.ExitCode(codesOf(r, err)...); code == exitDone {
		return code, ""
	}
	if all := conditionsFor(r, code); len(all) > 0 {
		return code, all[0].ID
	}
	return code, becauseOf(explainEnd(r, err))
}

// explainEnd gives the error of a run with this result its exit code, and says what to
// do. An interrupt that came before anything was sent leaves nothing to resume.
func explainEnd(r *job.Result, err error) error {
	if e, ok := errors.AsType[*journal.FencedError](err); ok {
		return failedFor(becauseTakenOver, "%w; nothing more was sent: wait for the run that has it, which settles what was sent, or resume", e)
	}
	if e, ok := errors.AsType[*journal.WriteError](err); ok {
		return failedFor(becauseJournal, "%w; nothing more was sent: give the journal room, then resume", e)
	}
	switch interrupted := errors.Is(err, job.ErrInterrupted); {
	case interrupted && !r.Open():
		return failedFor(becauseStopped, "%w; nothing was sent", err)
	case interrupted:
		return failedFor(becauseInterrupted, "%w", err)
	}
	return held(err)
}

// held gives the error of an account that another run holds its exit code.
func held(err error) error {
	if _, ok := errors.AsType[*journal.LockedError](err); ok {
		return failedFor(becauseAccountHeld, "%w", err)
	}
	return err
}
