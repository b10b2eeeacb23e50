package testrunner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// player plays the runs of one file.
type player struct {
	Options
	file   *tests.File
	result *FileResult
	clock  clock.Clock
	world  *world // nil: nothing has asked for a service yet
	// settings are what the runs want of the service and of the commands.
	settings settings
	history  *planner.History // of plans that ask no service; nil: they have none
	// loaded is what the files declared with the variables of the run before.
	loaded    *played
	variables map[string]config.Given
	// made are the runs of the state by the run of the file that began them, of several
	// the last one, and last is the last of all.
	made map[string]int64
	last int64
}

// played is what a run came to.
type played struct {
	portfolio *config.Portfolio // nil: the files have errors
	plan      *planner.Plan     // nil: none was made
	result    *job.Result       // of the run that is told of; nil: none began
	live      *snapshot.Account // after it
	// errors are why the run did not end as it should, in words.
	errors []string
	// diagnostics are those of the configuration.
	diagnostics config.Diagnostics
	ended       time.Time
	broken      bool // by an error, before its end
}

// play plays the file.
func (p *player) play(ctx context.Context) error {
	var fine bool
	if p.settings, fine = settingsOf(p.file); !fine {
		return nil // what is wrong is reported
	}
	if p.history, fine = p.historyOf(p.file.Account.History); !fine {
		return nil
	}
	broken := false
	for i := range p.file.Runs {
		r := &p.file.Runs[i]
		told := p.Selected == nil || p.Selected(p.file.Name, r.Name)
		if !told && !p.neededLater(i) {
			continue
		}
		if broken {
			p.tell(told, RunResult{Name: r.Name, Outcome: Skip, Source: r.Source})
			continue
		}
		result, err := p.run(ctx, r)
		if err != nil {
			return fmt.Errorf("run %q: %w", r.Name, err)
		}
		broken = result.Outcome == Fail && r.Command == tests.Apply
		p.tell(told || result.Outcome == Fail, result)
	}
	return nil
}

// neededLater reports whether a run after this one is looked at.
func (p *player) neededLater(i int) bool {
	return slices.ContainsFunc(p.file.Runs[i+1:], func(r tests.Run) bool { return p.Selected(p.file.Name, r.Name) })
}

func (p *player) tell(told bool, r RunResult) {
	if told {
		p.result.Runs = append(p.result.Runs, r)
	}
}

// run plays one run and judges it. An error says that the test could not be played.
func (p *player) run(ctx context.Context, r *tests.Run) (RunResult, error) {
	var system clock.Clock
	began := system.Now()
	result := RunResult{Name: r.Name, Outcome: Pass, Source: r.Source}
	done, err := p.perform(ctx, r)
	if err != nil {
		return result, err
	}
	done.ended = p.clock.Now()
	p.tellPlayed(r, done)
	p.judge(ctx, r, done, &result)
	if len(result.Failures) > 0 {
		result.Outcome = Fail
		p.learnLive(done.live) // messages may tell of whoever the account names
	}
	result.Took = system.Since(began)
	return result, nil
}

// tellPlayed tells what a run came to.
func (p *player) tellPlayed(r *tests.Run, d *played) {
	if p.Played == nil {
		return
	}
	told := Played{File: p.file.Name, Run: r.Name, Test: r, Portfolio: d.portfolio, Diagnostics: d.diagnostics, Plan: d.plan}
	if !r.Asks {
		told.Live, told.History = p.file.Account.Live, p.history
	}
	p.Played(told)
}

// read reads the configuration: from the directory itself where it may use libraries
// above it.
func (p *player) read(o config.Options) (*config.Portfolio, config.Diagnostics) {
	if o.Root == "" {
		return config.LoadFS(p.FS, o)
	}
	return config.Load(p.Dir, o)
}

// load reads the configuration with the variables of a run. Where they are those of the
// run before, it declares the same.
func (p *player) load(r *tests.Run) *played {
	if p.loaded != nil && maps.EqualFunc(p.variables, r.Variables, func(x, y config.Given) bool { return x.Value.RawEquals(y.Value) }) {
		again := *p.loaded
		return &again
	}
	o := p.Config
	o.Given, o.KeepScope = r.Variables, true
	portfolio, diags := p.read(o)
	done := &played{portfolio: portfolio, diagnostics: diags}
	for _, d := range diags.Diagnostics {
		if d.Severity == hcl.DiagError {
			done.errors = append(done.errors, inOneLine(d))
		}
	}
	if portfolio != nil {
		portfolio.EachPersonal(p.result.masker.Learn) // so that it is masked in all that is told
	}
	p.loaded, p.variables = done, r.Variables
	again := *done
	return &again
}

// inOneLine writes a mistake of the configuration with its place.
func inOneLine(d *hcl.Diagnostic) string {
	text := strings.TrimSuffix(d.Summary+": "+d.Detail, ": ")
	if d.Subject != nil {
		text = fmt.Sprintf("%s line %d: %s", d.Subject.Filename, d.Subject.Start.Line, text)
	}
	return text
}

// learnLive makes what the account says of persons known.
func (p *player) learnLive(live *snapshot.Account) {
	if live != nil {
		attr.EachPersonalOf(live, p.result.masker.Learn)
	}
}

// perform makes the plan of a run, or its applies.
func (p *player) perform(ctx context.Context, r *tests.Run) (*played, error) {
	if err := p.clock.Sleep(ctx, r.After); err != nil {
		return nil, err
	}
	done := p.load(r)
	if done.portfolio == nil {
		return done, nil
	}
	if !r.Asks {
		return done, p.planOffline(ctx, r, done)
	}
	if err := p.connect(r, done.portfolio); err != nil {
		return nil, err
	}
	if r.Command == tests.Plan {
		return done, p.plan(ctx, r, done)
	}
	return done, p.applyNights(ctx, r, done)
}

// planOffline plans against what the account block tells, as plan --live does of a
// snapshot.
func (p *player) planOffline(ctx context.Context, r *tests.Run, done *played) error {
	j := &job.Job{Portfolio: done.portfolio, Clock: p.clock, Version: p.Version}
	o := p.planOptions(r)
	o.Live, o.History, o.Logged = p.file.Account.Live, p.history, p.file.Account.History.Logged()
	result, err := j.Plan(ctx, o)
	done.live = p.file.Account.Live
	done.take(result, err)
	done.refuse(result)
	return ctx.Err()
}

// planOptions are what the flags of a command would say.
func (p *player) planOptions(r *tests.Run) job.PlanOptions {
	s := p.settings[r]
	return job.PlanOptions{Only: s.only, Limit: r.Limit, Approval: s.approval}
}

// connect makes the simulated account, and sets what the run wants of it. An account
// whose number nothing says is the one that the files pin.
func (p *player) connect(r *tests.Run, portfolio *config.Portfolio) error {
	if p.world == nil {
		account := *p.file.Account.Live
		account.ID = cmp.Or(account.ID, portfolio.Account.ID)
		p.world = newWorld(&account, p.clock)
	}
	for i := range r.Meanwhile {
		p.world.simulator.Change(r.Meanwhile[i].Name, r.Meanwhile[i].Make)
	}
	return p.world.set(p.settings[r])
}

// plan plans through the service.
func (p *player) plan(ctx context.Context, r *tests.Run, done *played) error {
	j, err := p.world.job(done.portfolio, p.Version)
	if err != nil {
		return err
	}
	result, err := p.commands(j, r).plan(ctx)
	done.live = p.world.simulator.State()
	done.take(result, err)
	done.refuse(result)
	return ctx.Err()
}

// applyNights applies once a night, and wants nothing to be left each time.
func (p *player) applyNights(ctx context.Context, r *tests.Run, done *played) error {
	began := p.clock.Now()
	for night := range r.Nights {
		if err := p.clock.Sleep(ctx, began.AddDate(0, 0, night).Sub(p.clock.Now())); err != nil {
			return err
		}
		before := len(done.errors)
		if err := p.apply(ctx, r, done); err != nil {
			return err
		}
		if len(done.errors) > before && r.Nights > 1 {
			for i := before; i < len(done.errors); i++ {
				done.errors[i] = fmt.Sprintf("night %d (%s): %s", night+1, began.AddDate(0, 0, night).Format(time.DateOnly), done.errors[i])
			}
		}
		if len(done.errors) > 0 {
			break
		}
	}
	done.live = p.world.simulator.State()
	return errors.Join(p.noteMade(ctx, r), ctx.Err())
}

// noteMade notes which run of the state a run of the file has begun last.
func (p *player) noteMade(ctx context.Context, r *tests.Run) error {
	runs, err := p.world.runs(ctx)
	if len(runs) == 0 || err != nil {
		return err
	}
	if last := runs[len(runs)-1].ID; last != p.last {
		p.last, p.made[r.Name] = last, last
	}
	return nil
}

// commands are what a run has a job do.
type commands struct {
	apply, plan func(context.Context) (*job.Result, error)
}

// commands returns those of a run: of what the files call for, or of an undo.
func (p *player) commands(j *job.Job, r *tests.Run) commands {
	o := p.planOptions(r)
	if r.Undo == nil {
		return commands{
			apply: func(ctx context.Context) (*job.Result, error) {
				return j.Apply(ctx, job.ApplyOptions{Only: o.Only, Limit: o.Limit, Approval: o.Approval})
			},
			plan: func(ctx context.Context) (*job.Result, error) { return j.Plan(ctx, o) },
		}
	}
	undo := job.UndoOptions{Run: p.made[r.Undo.Run], Only: o.Only, Forced: r.Undo.Forced, Limit: o.Limit, Approval: o.Approval}
	known := func(do func(context.Context, job.UndoOptions) (*job.Result, error)) func(context.Context) (*job.Result, error) {
		return func(ctx context.Context) (*job.Result, error) {
			if undo.Run == 0 {
				return nil, fmt.Errorf("the run %q has changed nothing that could be taken back", r.Undo.Run)
			}
			return do(ctx, undo)
		}
	}
	return commands{apply: known(j.Undo), plan: known(j.PlanUndo)}
}

// applyRounds bounds how often a night applies what has come due meanwhile.
const applyRounds = 3

// apply plans, applies, and plans again. What came due while an apply ran, as a renewal
// does on its day, is applied as well; what was made and is to be made again is left.
func (p *player) apply(ctx context.Context, r *tests.Run, done *played) error {
	j, err := p.world.job(done.portfolio, p.Version)
	if err != nil {
		return err
	}
	do, made := p.commands(j, r), make(map[string]bool)
	for round := 1; ; round++ {
		result, err := do.apply(ctx)
		if done.take(result, err); len(done.errors) > 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		for _, c := range result.Plan.Executed() {
			made[c.ID] = true
		}
		second, err := do.plan(ctx)
		if err != nil {
			done.errors = append(done.errors, "the second plan: "+words.Sentence(err))
			return ctx.Err()
		}
		if second.Plan.Converged() || r.Limit > 0 && !isLeft(second.Plan, made) {
			return nil // what is over the limit is left for another run
		}
		if round == applyRounds || isLeft(second.Plan, made) {
			done.errors = append(done.errors, "the second plan is not empty: "+strings.Join(leftIn(second.Plan), "; "))
			return nil
		}
	}
}

// isLeft reports whether a plan has something to do that was made before, or is no
// change of a name.
func isLeft(p *planner.Plan, made map[string]bool) bool {
	for _, c := range p.Executed() {
		if made[c.ID] {
			return true
		}
	}
	return len(p.OwedRelocks) > 0 || p.LoosensPolicy()
}

// take takes what a run came to, and why it did not end well.
func (d *played) take(r *job.Result, err error) {
	d.result = r
	if r != nil && r.Plan != nil {
		d.plan = r.Plan
	}
	if err != nil {
		d.errors, d.broken = append(d.errors, words.Sentence(err)), true
	}
	if r == nil || r.Operation == job.Planning {
		return
	}
	for i := range r.Conditions {
		if c := &r.Conditions[i]; c.Makes != "" {
			d.errors = append(d.errors, inWords(c))
		}
	}
}

// refuse notes why a plan would not be applied.
func (d *played) refuse(r *job.Result) {
	if r == nil || r.Plan == nil {
		return
	}
	for i := range r.Conditions {
		if c := &r.Conditions[i]; c.Makes == job.Guarded || c.Makes == job.Impossible {
			d.errors = append(d.errors, inWords(c))
		}
	}
}

// inWords writes a condition as one line.
func inWords(c *job.Condition) string {
	text := c.Summary
	if subject := strings.Trim(c.Domain+"/"+c.Attribute, "/"); subject != "" {
		text += " (" + subject + ")"
	}
	return strings.TrimSuffix(text+": "+c.Reason, ": ")
}

// leftShown bounds how many changes are told that a second plan has left.
const leftShown = 10

// leftIn says what an apply of a plan would do.
func leftIn(p *planner.Plan) (left []string) {
	more := 0
	for c := range p.Differences() {
		switch {
		case c.Status != attr.Ready:
		case len(left) < leftShown:
			left = append(left, c.ID)
		default:
			more++
		}
	}
	if more > 0 {
		left = append(left, words.Count(more, "more change"))
	}
	for _, name := range p.OwedRelocks {
		left = append(left, name+" stays unlocked")
	}
	if len(left) == 0 {
		left = append(left, "the settings permit more than those that were applied last")
	}
	return left
}
