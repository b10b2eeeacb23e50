package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// planFlags are the flags of plan.
type planFlags struct {
	out      string
	format   string
	live     string
	targets  []string
	limit    int
	detailed bool // exit code 2 where changes are pending
	details  bool
	json     bool // lines of JSON
	accept   []string
	failOn   []string
	guards   []string
	refresh  string
	since    string
	review   reviewFlags
	all      allFlags
}

func newPlan(a *app) *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:        "plan",
		SuggestFor: []string{"preview", "diff"},
		Short:      "Show what an apply would change",
		Long: `Reads the account and prints how it differs from what the files declare. Nothing
is written to the account. With --live the state comes from a snapshot file:
no network and no credentials are needed.

For a review, --store keeps the whole plan in the state under the SHA-256 hash of
what --out writes, which "apply --reviewed HASH" takes; what is printed is masked.
--commit and --label say in the plan which files it is about.

With --all it plans each directory below --root that has *.hcl files, and with
--changed-since only those that a change reaches, as git knows: by a file in them,
a table or another file that they read, or a --var-file. An error in one
directory keeps no other from being planned; the exit code is the one that says
most. With --format json an array has an object for each directory.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkAll(cmd, f); err != nil {
				return err
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				if f.all.all {
					return a.planAll(i, f)
				}
				return a.shownAs(f.json, &terminalView{app: a, format: f.format, details: f.details}, func(shown view) error {
					if err := alone(cmd, f.json); err != nil {
						return err
					}
					return a.plan(i, f, shown)
				})
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "save the plan in a `file` (mode 0600) for apply")
	flags.StringVar(&f.live, "live", "", "plan against the snapshot in a `file`")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit code 2 where changes are pending")
	addPlanFormat(cmd, &f.format, &f.details)
	addReport(cmd)
	addWarnings(cmd, a)
	addMetrics(cmd)
	addHeartbeat(cmd)
	addJSON(cmd, &f.json)
	addTargets(cmd, a, &f.targets)
	addLimit(cmd, &f.limit)
	addGuards(cmd, &f.guards)
	addAccept(cmd, a, &f.accept)
	addFailOn(cmd, &f.failOn)
	addRefresh(cmd, &f.refresh)
	addSince(cmd, &f.since)
	addReview(cmd, &f.review)
	addAll(cmd, &f.all)
	cmd.MarkFlagsMutuallyExclusive("since", "live")
	return saysEnd(cmd)
}

// planFormats are the forms in which a plan is printed.
var planFormats = []string{"text", "markdown", "json", "html"}

// addPlanFormat adds the flags that say how a plan is printed.
func addPlanFormat(cmd *cobra.Command, format *string, details *bool) {
	cmd.Flags().StringVar(format, "format", planFormats[0], "`format` of the output: "+strings.Join(planFormats, ", "))
	cmd.Flags().BoolVar(details, "details", false, "show every name, not only the first of each group")
	completeWith(cmd, "format", planFormats...)
}

func addTargets(cmd *cobra.Command, a *app, targets *[]string) {
	cmd.Flags().StringArrayVar(targets, "target", nil, "only names that match the `pattern`, as in *.example, example.com/nameservers or label:owner=web (repeatable)")
	must(cmd.RegisterFlagCompletionFunc("target", a.completeNames))
}

// completeNames completes a name that the files declare.
func (a *app) completeNames(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	opts, err := a.loadOptions()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	p, _ := config.Load(a.flags.dir, opts)
	if p == nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []cobra.Completion
	for i := range p.Domains {
		if strings.HasPrefix(p.Domains[i].Name, begun) {
			names = append(names, p.Domains[i].Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// loadSelected reads the configuration, and which of its names are wanted. A
// target that selects nothing was meant for something else.
func (a *app) loadSelected(targets []string) (*config.Portfolio, planner.Selection, error) {
	only, err := planner.SelectTargets(targets)
	if err != nil {
		return nil, only, fmt.Errorf("--target: %w", err)
	}
	portfolio, err := a.load()
	if err != nil {
		return nil, only, err
	}
	only = only.In(portfolio)
	if err := only.Idle(portfolio); err != nil {
		return nil, only, fmt.Errorf("--target %w", err)
	}
	return portfolio, only, nil
}

// planGiven are the values of flags of plan.
type planGiven struct {
	accepted []accepted
	failOn   []job.Severity
}

// parsePlan reads the values of the flags that can be read without the files.
func parsePlan(f planFlags) (g planGiven, err error) {
	if err := oneOf("--format", f.format, planFormats...); err != nil {
		return g, err
	}
	if err := checkRefresh(f.refresh); err != nil {
		return g, err
	}
	if g.accepted, err = parseAccept(f.accept); err != nil {
		return g, err
	}
	if g.failOn, err = parseFailOn(f.failOn); err != nil {
		return g, err
	}
	if err := checkCommit(f.review.commit); err != nil {
		return g, err
	}
	if _, err := parseLabels(f.review.labels); err != nil {
		return g, err
	}
	return g, checkLimit(f.limit)
}

func (a *app) plan(i interrupts, f planFlags, shown view) error {
	defer a.boundMemory()()
	given, err := parsePlan(f)
	if err != nil {
		return err
	}
	if err := canWrite(f.out); err != nil {
		return fmt.Errorf("the plan cannot be saved: %w", err)
	}
	w := a.watch(shown)
	portfolio, only, err := a.loadSelected(f.targets)
	if err != nil && f.live == "" {
		return a.endUnplanned(i, job.Planning, w, err)
	}
	if err != nil {
		return err
	}
	if err := idleAccept(given.accepted, portfolio); err != nil {
		return err
	}
	if err := a.overrideGuards(portfolio, f.guards); err != nil {
		return err
	}
	o := job.PlanOptions{Only: only, Limit: f.limit, Accept: acceptanceOf(given.accepted, given.failOn)}
	j, err := a.localJob(i, runFlags{}, w, a.clock)
	if err != nil {
		return err
	}
	if j.Portfolio = portfolio; f.live == "" {
		j, err = a.newJob(i, portfolio, runFlags{}, w)
	} else if j.Policy, err = a.operatorPolicy(); err == nil {
		a.sayNothingRemembers(given.accepted)
		o.Live, err = readLive(f.live)
	}
	if err != nil {
		return err
	}
	if err := a.review(f.review, &o, j.Endpoint); err != nil {
		return err
	}
	if a.keepPlan != nil {
		o.Keep = a.keepPlan
	}
	j.Refresh = job.Refresh(f.refresh)
	if o.Since, err = readSinceOf(f.since, j); err != nil {
		return err
	}
	r, err := j.Plan(i.hard, o)
	if err = cmp.Or(err, shown.failure()); err != nil {
		return w.end(r, err)
	}
	if f.out != "" {
		if err := a.savePlan(f.out, r.Plan); err != nil {
			return err
		}
	}
	a.sayStored(r.Plan)
	a.remind(given.accepted, r.Plan)
	a.propose(given.accepted, r.Plan)
	codes := codesOf(r, nil)
	if f.detailed && slices.Contains(r.Reasons, job.Pending) {
		codes = append(codes, exitPending)
	}
	return ended(codes...)
}

// print writes a plan to standard output.
func (a *app) print(p *planner.Plan, format string, details bool) error {
	a.stderr.rest()
	return buffered(a.stdout, func(w io.Writer) error {
		switch format {
		case "markdown":
			return render.Markdown(w, p, render.MarkdownOptions{Details: details})
		case "json":
			return render.JSON(w, p)
		case "html":
			return render.HTML(w, p)
		}
		return render.Text(w, p, render.TextOptions{Color: a.colors(a.stdout), Width: width(a.stdout), Details: details})
	})
}

// savePlan writes a plan for a later apply.
func (a *app) savePlan(file string, p *planner.Plan) error {
	kept := *p
	kept.StoredAs = "" // so that the file is what the state keeps
	err := a.writeFile(file, func(w io.Writer) error { return render.JSON(w, &kept) })
	if err != nil {
		return fmt.Errorf("the plan cannot be saved: %w", err)
	}
	if err := p.CheckAnywhere(a.clock.Now(), planner.MaxAge); err != nil {
		fmt.Fprintf(a.stderr, "The plan is saved, to be shown with domainsync show %s. It cannot be applied: %v\n", file, inert.Text(err.Error()))
		return nil
	}
	fmt.Fprintf(a.stderr, "The plan is saved: apply it with domainsync apply %s\n", file)
	return nil
}

// readLive reads a snapshot file.
func readLive(file string) (*planner.Live, error) {
	live, err := snapshot.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the live state cannot be read: %w", err)
	}
	return live, nil
}
