package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/executor/metrics"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// heldPatience is how long a run waits for an account that a command holds for a moment.
const heldPatience = 10 * time.Second

// perform makes one run of a job as the command line would: an apply or a plan of its
// directory.
func (s *fleetServer) perform(ctx context.Context, w fleet.Work) fleet.Outcome {
	i, release := interruptsOf(ctx, w.Stop)
	defer release()
	dir := realPath(w.Job.Dir) // so that a link which is set anew meanwhile mixes no files
	a := s.app.ofJob(w, dir)
	a.keepPlan, a.rule = a.keepForPersons(w.Job.Action, s.lastKept(ctx, w.Job.Name)), s.runner.File().Rule()
	files := &commitView{ctx: ctx, dir: dir, log: a.log}
	files.look()
	a.lines = runrender.NewLines(&lineWriter{record: w.Record})
	shown := &manyViews{[]view{&linesView{a, a.lines}, files}}
	operation := job.Applying
	if w.Job.Action == fleet.Plan {
		s.recordRule(ctx, &w.Job, a.rule) // a plan holds no account
		operation = job.Planning
	}
	err := s.state.leftBehind(ctx, a, &w.Job)
	switch {
	case err != nil:
	case operation == job.Planning:
		err = a.plan(i, planFlags{format: "text", targets: w.Job.Targets, detailed: true, refresh: string(job.RefreshAuto)}, shown)
	default:
		err = a.apply(i, applyFlags{
			given: true, approve: approvedIn(w.Job.Approve), targets: w.Job.Targets, refresh: string(job.RefreshAuto),
			runFlags: runFlags{lockTimeout: heldPatience, quietPeriod: servedQuietPeriod()},
		}, shown)
	}
	end := a.endOf(err)
	if failure := a.lines.End(end); failure != nil {
		a.log.Warn("the end of the run could not be recorded for those who look on", "error", failure)
	}
	o := fleet.Outcome{
		ExitCode: end.ExitCode, Reason: end.Reason, Message: cmp.Or(end.Message, a.masker.Text(end.Line)), Commit: files.commit, Changed: files.changed,
		Unfinished: end.ExitCode == exitOpen || end.Reason == becauseStopped, Held: end.ExitCode == exitHeld,
		OutOfReach: end.ExitCode == exitError && !hasExecuted(a.ended) && isOutOfReach(err),
	}
	if a.ended != nil && a.ended.Report != nil {
		o.Recorded = a.ended.Report.Run
	}
	s.tellBrokenGlass(context.WithoutCancel(ctx), w, a)
	o.Plan, o.Waiting = a.plansKept()
	o.Planned = a.ended != nil && a.ended.Plan != nil
	a.beatForJob(ctx, &w.Job)
	o.Metrics = s.metricsOf(ctx, w, a, operation, end.ExitCode)
	return o
}

func hasExecuted(r *job.Result) bool { return r != nil && r.Report != nil }

// isOutOfReach reports whether a run ended because the state of its account or the service
// could not be reached, which may be otherwise in a minute.
func isOutOfReach(err error) bool {
	if _, ok := errors.AsType[*store.OpenError](err); ok {
		return pgsql.IsOutOfReach(err)
	}
	_, ok := errors.AsType[*wire.TransportError](err)
	return ok && !errors.Is(err, wire.ErrNoCredentials)
}

// approvedIn are the values of --auto-approve for the hazards of a job. None of them is
// not all of them.
func approvedIn(hazards []attr.Hazard) []string {
	all := []string{string(attr.None)}
	for _, h := range hazards {
		all = append(all, string(h))
	}
	return all
}

// interruptsOf are the interrupts of a run whose process is asked to stop.
func interruptsOf(ctx context.Context, stop <-chan struct{}) (i interrupts, release func()) {
	hard, cancelHard := context.WithCancelCause(ctx)
	soft, cancelSoft := context.WithCancelCause(hard)
	var group conc.WaitGroup
	group.Go(func() {
		select {
		case <-stop:
			cancelSoft(errInterrupted)
		case <-soft.Done():
		}
	})
	return interrupts{soft: soft, hard: hard}, func() {
		cancelHard(nil)
		group.Wait()
	}
}

// ofJob returns what one run of a job works with: the program as if it had been started
// for that directory alone, without a terminal.
func (a *app) ofJob(w fleet.Work, dir string) *app {
	held := new(hold)
	own := &app{
		stdin: strings.NewReader(""), stdout: newOutput(held.over(io.Discard)), stderr: newScreen(held.over(io.Discard)), held: held,
		streams: [2]io.Writer{io.Discard, io.Discard},
		getenv:  a.getenv, environ: func() []string { return onlyNotify(a.environ(), w.Job.Notify) },
		credentials: a.credentials, transport: a.transport, meter: a.meter, clock: a.clock,
		masker: personal.NewMasker(), began: a.clock.Now(), job: w.Job.Name, by: jobActor(w), fleetRun: w.Turn.Run, sharesProcess: true,
	}
	own.flags = a.flags
	own.flags.dir, own.flags.state, own.flags.stateDir, own.flags.quiet = dir, w.Job.State, "", true
	own.flags.policy = cmp.Or(w.Job.Policy, a.flags.policy)
	own.log = slog.New(maskedLog{w.Log.Handler(), own.masker})
	return own
}

// jobActor is who gives a run of a job, as its journal keeps it.
func jobActor(w fleet.Work) string {
	by := w.Turn.Holder + ", job " + w.Job.Name
	if w.Turn.By != "" {
		by = w.Turn.By + ", by " + by
	}
	return by
}

// onlyNotify returns an environment with the addresses of some names alone; nil are those
// without a name.
func onlyNotify(environ, names []string) []string {
	wanted := map[string]bool{notifyVariable: names == nil}
	for _, name := range names {
		wanted[notifyVariableOf(name)] = true
	}
	var all []string
	for _, item := range environ {
		name, _, _ := strings.Cut(item, "=")
		if name != notifyVariable && !strings.HasPrefix(name, notifyVariable+"_") || wanted[name] {
			all = append(all, item)
		}
	}
	return all
}

// metricsOf returns the metrics of a job after its run, as text.
func (s *fleetServer) metricsOf(ctx context.Context, w fleet.Work, a *app, operation job.Operation, code int) []byte {
	var text bytes.Buffer
	now := a.clock.Now()
	before, err := s.table.Metrics(context.WithoutCancel(ctx), w.Job.Name)
	if err == nil {
		known, _ := metrics.Read(bytes.NewReader(before)) // of another version: they begin anew
		err = metrics.Write(&text, metrics.Of(metrics.Run{
			Operation: operation, Result: a.ended, Account: a.pinnedAccount, Version: programVersion(),
			ExitCode: code, Ended: now, Seconds: now.Sub(a.began).Seconds(),
		}, known))
	}
	if err != nil {
		a.log.Warn("the metrics of the run could not be written", "error", err)
		return nil
	}
	return text.Bytes()
}

// manyViews shows events in several forms.
type manyViews struct{ all []view }

func (v *manyViews) show(e job.Event) {
	for _, each := range v.all {
		each.show(e)
	}
}

func (v *manyViews) failure() error {
	for _, each := range v.all {
		if err := each.failure(); err != nil {
			return err
		}
	}
	return nil
}

// lineWriter passes lines on, one by one.
type lineWriter struct {
	record func([]byte)
	rest   []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		w.record(bytes.Clone(line))
		w.rest = rest
	}
}

// commitView finds out which commit the files of a run are of. It looks before they are
// read, and again when they were.
type commitView struct {
	ctx context.Context //nolint:containedctx // events come without one
	dir string
	log *slog.Logger

	once    sync.Once
	commit  string // "": git does not tell
	changed bool   // the files are not those of the commit
}

func (v *commitView) failure() error { return nil }

func (v *commitView) show(e job.Event) {
	if _, ok := e.Details.(job.Began); ok {
		v.once.Do(func() {
			before := v.commit
			v.look()
			v.changed = v.changed || v.commit != before
		})
	}
}

func (v *commitView) look() {
	var err error
	if _, missing := os.Stat(v.dir); missing != nil {
		return // the run says so
	}
	if v.commit, v.changed, err = commitOf(v.ctx, v.dir); err != nil {
		v.log.Debug("the commit of the files is not known", "why", err)
	}
}
