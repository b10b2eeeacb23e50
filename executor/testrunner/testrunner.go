// Package testrunner plays the tests that users write of a configuration: plans and
// whole applies against a simulated account in memory, by a clock that jumps from night
// to night. It reaches no network and no account, and runs no command.
package testrunner

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Options say what is tested, and how.
type Options struct {
	// FS is the directory of the configuration and its tests. What keeps links
	// inside it is the file system.
	FS  fs.FS
	Dir string // as people call it
	// Config are the values of variables from outside, and the bounds of all files.
	Config config.Options
	// Selected says which runs are looked at, by file and name: the others of their
	// file are played before them, and nothing is said of these unless they fail.
	// Nil: all.
	Selected func(file, run string) bool
	// Update writes a golden file that is another than what is printed, below the
	// directory. Nil: none is written, and a difference is a failure.
	Update func(name string, text []byte) error
	// Timeline plays runs from a time on; nil: by a clock that jumps when all of the
	// process is idle.
	Timeline Timeline
	// Played is told what each run came to; nil: nobody is. It is called by one
	// goroutine for each file.
	Played  func(Played)
	Version string // of the program, which plans carry
}

// Played is what a run came to. All of it is only to be looked at.
type Played struct {
	File, Run string
	Test      *tests.Run
	// Portfolio is what the files declare; nil: they have errors. Diagnostics are
	// theirs.
	Portfolio   *config.Portfolio
	Diagnostics config.Diagnostics
	// Live is the account and History what is known of earlier runs, where the plan
	// asked no service; nil: it did.
	Live    *planner.Live
	History *planner.History
	Plan    *planner.Plan // nil: none was made
}

// A Timeline begins at a time, and returns the clock and what runs a function by it.
type Timeline func(at time.Time) (clock.Clock, func(ctx context.Context, f func(context.Context) error) error)

// Jumping is the timeline of a program that does nothing else meanwhile.
func Jumping(at time.Time) (clock.Clock, func(context.Context, func(context.Context) error) error) {
	source := clock.NewJumping(at)
	return clock.New(source), source.Run
}

// FileResult is what became of a file of tests.
type FileResult struct {
	Name string
	// Diagnostics are what is wrong with the file, and the assertions that do not
	// hold, with their places.
	Diagnostics config.Diagnostics
	Runs        []RunResult // those that are looked at, in order
	Took        time.Duration

	file   *tests.File // nil: it has mistakes
	dir    string
	masker *personal.Masker
}

// Failed reports whether the file has a mistake or a run of it failed.
func (r *FileResult) Failed() bool {
	if r.Diagnostics.HasErrors() {
		return true
	}
	for i := range r.Runs {
		if r.Runs[i].Outcome == Fail {
			return true
		}
	}
	return false
}

// Outcome is how a run ended.
type Outcome string

// How a run ends.
const (
	Pass Outcome = "pass"
	Fail Outcome = "fail"
	Skip Outcome = "skip" // an earlier run of the file failed to be played
)

// RunResult is what became of one run.
type RunResult struct {
	Name     string
	Outcome  Outcome
	Source   *hcl.Range
	Failures []Failure
	// Configuration are the errors of the configuration with the variables of the run.
	Configuration config.Diagnostics
	Written       []string // the golden files that were written
	Took          time.Duration
}

// Failure is one reason why a run failed.
type Failure struct {
	Summary string
	Detail  string // of one line or several
	At      *hcl.Range
	// Diagnostic shows the place and the values that a condition mentions; nil: there
	// is nothing to show.
	Diagnostic *hcl.Diagnostic
}

// collectEvery is how many bytes are made at least before the garbage of tests is
// collected. A test holds little and makes much: without that, a third of the CPU time
// goes into looking at what it holds, again and again.
const collectEvery = 64 << 20

// PlayFiles plays files of tests side by side, and returns what became of them in their
// order.
func PlayFiles(ctx context.Context, names []string, o Options) []*FileResult {
	unused := make([]byte, collectEvery) // counts as held; nothing is written to it, so that it takes no memory
	defer runtime.KeepAlive(unused)
	results := make([]*FileResult, len(names))
	p := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for i, name := range names {
		p.Go(func() { results[i] = PlayFile(ctx, name, o) })
	}
	p.Wait()
	return results
}

// PlayFile plays one file of tests.
func PlayFile(ctx context.Context, name string, o Options) *FileResult {
	var system clock.Clock // tells how long a test really takes
	began := system.Now()
	result := &FileResult{Name: name, dir: o.Dir, masker: personal.NewMasker()}
	file, diags := tests.Load(o.FS, o.Dir, name, o.Config.Bounds)
	if result.Diagnostics = diags; file == nil {
		return result
	}
	result.file = file
	p := &player{Options: o, file: file, result: result, made: make(map[string]int64)}
	if p.Timeline == nil {
		p.Timeline = Jumping
	}
	var run func(context.Context, func(context.Context) error) error
	p.clock, run = p.Timeline(file.Account.At)
	if err := run(ctx, p.play); err != nil {
		file.Report(&hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "The test was not played", Detail: fmt.Sprintf("%v.", err),
			Subject: &hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos},
		})
	}
	result.Diagnostics = file.Diagnostics(o.Dir)
	result.Took = system.Since(began)
	return result
}

// Mask masks what a text tells of persons whom the configuration names, and e-mail
// addresses.
func (r *FileResult) Mask(text string) string { return r.masker.Text(text) }

// Explain returns why a run failed, with the places in the file.
func (r *FileResult) Explain(run *RunResult) config.Diagnostics {
	all := make([]*hcl.Diagnostic, len(run.Failures))
	for i, f := range run.Failures {
		if all[i] = f.Diagnostic; f.Diagnostic == nil {
			all[i] = &hcl.Diagnostic{Severity: hcl.DiagError, Summary: f.Summary, Detail: f.Detail, Subject: f.At}
		}
	}
	return r.file.Show(r.dir, all)
}
