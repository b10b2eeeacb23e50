package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// allFlags are the flags of a plan of many accounts.
type allFlags struct {
	all   bool
	since string // a commit; "": all directories
}

func addAll(cmd *cobra.Command, f *allFlags) {
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "plan each directory below --root that has *.hcl files, as one account each, with a state of its own")
	flags.StringVar(&f.since, "changed-since", "", "with --all, only directories that a file reaches which has changed since HEAD left a `commit`, as origin/main, or is not committed")
}

// forOneAccount are the flags of plan that concern one account, or name one file.
var forOneAccount = []string{
	"dir", "out", "live", "store", "since", "json", reportFlag, metricsFlag, heartbeatFlag,
	"target", "limit", "accept", "guard",
}

// checkAll refuses flags that do not go together with --all, or mean nothing without it.
func (a *app) checkAll(cmd *cobra.Command, f planFlags) error {
	changed := func(name string) bool { return cmd.Flags().Lookup(name).Changed }
	if !f.all.all {
		if changed("changed-since") {
			return usageError(cmd, errors.New("--changed-since goes with --all, which plans many directories"))
		}
		return nil
	}
	for _, name := range forOneAccount {
		if changed(name) {
			return usageError(cmd, fmt.Errorf("--all plans many accounts, and --%s is for one: leave it out, or plan that directory alone, with --dir", name))
		}
	}
	if f.format == "html" {
		return errors.New("--format html is a page for one account: plan each directory alone, with --dir, or choose text, markdown or json")
	}
	if changed("changed-since") {
		if err := checkRef(f.all.since); err != nil {
			return err
		}
	}
	return a.checkManyStates()
}

// checkManyStates refuses one state for all directories that holds one account only.
func (a *app) checkManyStates() error {
	given, err := a.givenState()
	if err != nil || given == "" {
		return err
	}
	state, err := namedState(given)
	if err == nil && !journal.Shared(state) {
		err = fmt.Errorf("the state %s is a directory, which holds one account: leave it out, so that each directory has its .domainsync, or name a state that accounts share, as postgres://…, oss://… or s3://…", given)
	}
	return err
}

// planAll plans each account below the root that is reached. What goes wrong with one
// does not keep the others from being planned.
func (a *app) planAll(i interrupts, f planFlags) error {
	if _, err := parsePlan(f); err != nil {
		return err
	}
	if err := a.findRootOfAll(); err != nil {
		return err
	}
	dirs, err := a.accountDirs()
	if err != nil {
		return err
	}
	s := &accountPlans{app: a, flags: f, ended: &job.Result{Operation: job.Planning}}
	todo, err := a.toPlan(i.soft, f.all, dirs, s)
	if i.soft.Err() != nil {
		return failedFor(becauseStopped, "interrupted: nothing was planned")
	}
	if err != nil {
		return err
	}
	s.room = max(render.MarkdownLimit/max(len(todo)+len(s.deleted), 1)-accountHead, leastAccount)
	for n, d := range todo {
		if i.soft.Err() != nil {
			s.leftOut = len(todo) - n
			break
		}
		fmt.Fprintf(a.stderr, "Planning %s (%s of %s)\n", inert.Text(d.path), words.Number(n+1), words.Number(len(todo)))
		if err := s.plan(i, d); err != nil {
			return err
		}
	}
	return s.end(len(dirs))
}

// toPlan returns the directories that are to be planned, and tells which are deleted.
func (a *app) toPlan(ctx context.Context, f allFlags, dirs []accountDir, s *accountPlans) ([]accountDir, error) {
	if f.since != "" {
		root, varFiles := a.flags.root, a.flags.varFiles()
		ignoredIn := []string{realPath(root)}
		for _, file := range varFiles {
			ignoredIn = append(ignoredIn, realPath(file))
		}
		c, err := changesSince(ctx, root, f.since, ignoredIn)
		if err != nil {
			return nil, err
		}
		if s.deleted = c.deletedDirs(root, dirs, varFiles); len(dirs) > 0 {
			return a.reached(ctx, dirs, c)
		}
	}
	if len(dirs) == 0 && len(s.deleted) == 0 {
		return nil, fmt.Errorf("--root %s: no directory below it has *.hcl files", a.flags.root)
	}
	return dirs, nil
}

// The room in Markdown, in bytes: what stands above each plan takes the first, and each
// plan gets at least the second, however many there are.
const (
	accountHead  = 1500
	leastAccount = 4000
)

// accountPlans are the plans of many accounts, printed as they are made.
type accountPlans struct {
	app     *app
	flags   planFlags
	room    int      // of each plan in Markdown
	deleted []string // directories
	leftOut int      // directories, after an interrupt

	printed int
	codes   []int
	first   map[int]error // of each exit code, with its directory
	ended   *job.Result   // the conditions of all
}

// madePlan is a view that takes the plan.
type madePlan struct {
	terminalView
	plan *planner.Plan
}

func (v *madePlan) show(e job.Event) {
	if d, ok := e.Details.(job.Planned); ok {
		v.plan = d.Plan
		v.app.showNewState(d.NewState)
		return
	}
	v.terminalView.show(e)
}

// plan plans one account, and prints the plan or why there is none.
func (s *accountPlans) plan(i interrupts, d accountDir) error {
	a := s.app
	a.flags.dir, a.ended = d.path, nil
	v := &madePlan{terminalView: terminalView{app: a}}
	err := a.plan(i, s.flags, v)
	if a.ended != nil {
		s.ended.Conditions = append(s.ended.Conditions, a.ended.Conditions...)
		s.ended.Reasons = append(s.ended.Reasons, a.ended.Reasons...)
	}
	a.ended = s.ended
	text := a.masker.Text(cmp.Or(message(err), saidBefore(err)))
	if message(err) != "" {
		a.stderr.rest()
		fmt.Fprintf(a.stderr, "Error: %s: %s\n", inert.Text(d.path), inert.Lines(text))
	}
	s.count(d.path, err)
	return s.print(&render.AccountPlan{
		Directory: d.path, ReachedBy: d.reachedBy, Note: d.note, ExitCode: codeOf(err), Error: text, Plan: v.plan,
	})
}

// count counts how a plan ended.
func (s *accountPlans) count(dir string, err error) {
	code := codeOf(err)
	s.codes = append(s.codes, code)
	if s.first == nil {
		s.first = make(map[int]error)
	}
	if s.first[code] == nil && err != nil {
		said := s.app.masker.Text(cmp.Or(message(err), saidBefore(err)))
		if said != "" {
			said = dir + ": " + said
		}
		s.first[code] = &exit{code: code, reason: becauseOf(err), said: said}
	}
}

// print prints one plan, between those before it and those behind it.
func (s *accountPlans) print(p *render.AccountPlan) error {
	a := s.app
	a.stderr.rest()
	between := "\n"
	if s.flags.format == asJSON {
		between = ",\n"
	}
	switch s.printed++; {
	case s.printed > 1:
	case s.flags.format == asJSON:
		between = "[\n"
	default:
		between = ""
	}
	return buffered(a.stdout, func(w io.Writer) error {
		if _, err := io.WriteString(w, between); err != nil {
			return err
		}
		switch s.flags.format {
		case "markdown":
			return render.AccountMarkdown(w, p, render.MarkdownOptions{Details: s.flags.details, Room: s.room})
		case asJSON:
			return render.AccountJSON(w, p)
		}
		return render.AccountText(w, p, render.TextOptions{Color: a.colors(a.stdout), Width: width(a.stdout), Details: s.flags.details})
	})
}

// end prints what follows the last plan, and returns how all of them ended.
func (s *accountPlans) end(found int) error {
	a := s.app
	for _, dir := range s.deleted {
		if err := s.print(&render.AccountPlan{Directory: dir, Deleted: true}); err != nil {
			return err
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if since := s.flags.all.since; since != "" {
		fmt.Fprintf(a.stderr, "%s of %s reached by what has changed since HEAD left %s.\n",
			words.Number(len(s.codes)+s.leftOut), words.Count(found, "directory")+" "+words.Plural(found, "is", "are"), inert.Text(since))
	}
	if s.leftOut > 0 {
		return &exit{
			code: job.ExitCode(append(s.codes, exitError)...), reason: becauseStopped,
			err: fmt.Errorf("interrupted: %s %s left", words.Count(s.leftOut, "directory"), words.Plural(s.leftOut, "is", "are")),
		}
	}
	code := job.ExitCode(s.codes...)
	if code == exitDone {
		return nil
	}
	return s.first[code]
}

// close ends the output. That nothing is reached is an answer, too.
func (s *accountPlans) close() error {
	text := ""
	switch {
	case s.flags.format == asJSON && s.printed == 0:
		text = "[]\n"
	case s.flags.format == asJSON:
		text = "\n]\n"
	case s.printed == 0:
		text = "Nothing to plan: no directory is reached by what has changed.\n"
	}
	_, err := io.WriteString(s.app.stdout, text)
	return err
}
