package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/api"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

func newJobs(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "Show the jobs of a fleet, and ask for runs",
		Long: `Shows the jobs that domainsync serve runs, and what became of their runs, and asks for
runs and pauses. It looks into the state of the fleet, which --state names as for serve;
or it asks the serve process that --server names, as the person whose token --token-file
or DOMAINSYNC_TOKEN has, and within that person's role. No account is asked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	asking := []*cobra.Command{newJobsList(a), newJobsShow(a), newJobsRun(a), newJobsCancel(a), newJobsPause(a), newJobsResume(a), newJobsLog(a), newJobsApprove(a), newJobsReject(a)}
	addServer(a, asking...)
	cmd.AddCommand(asking...)
	cmd.AddCommand(newJobsToken(a))
	cmd.AddCommand(newJobsBackup(a), newJobsRestore(a))
	return cmd
}

// useFleet opens the table of the fleet, or asks the server that has it.
func (a *app) useFleet(ctx context.Context, use func(api.Table) error) error {
	client, err := a.serverClient()
	switch {
	case err != nil:
		return err
	case client != nil:
		err = use(client)
	default:
		err = a.useTable(ctx, use)
	}
	return knownJob(err)
}

// useTable opens the table of the fleet.
func (a *app) useTable(ctx context.Context, use func(api.Table) error) (err error) {
	state, err := a.fleetState()
	if err != nil {
		return err
	}
	table, err := state.open(ctx, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	return use(table)
}

// noJob says that there is no such job, and which was meant.
func noJob(name string, have []string) error {
	return fmt.Errorf("the fleet has no job %q%s", name, cmp.Or(perhaps(name, have), ": domainsync jobs list shows all"))
}

// completeJobs completes the name of a job.
func (a *app) completeJobs(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	err := a.useFleet(cmd.Context(), func(t api.Table) error {
		all, err := t.Jobs(cmd.Context())
		for i := range all {
			names = append(names, cobra.CompletionWithDesc(all[i].Name, stateOfJob(&all[i], a.clock.Now())))
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// isRunning reports whether somebody works on a job who was heard of lately.
func isRunning(e *fleet.Entry, now time.Time) bool { return e.Turn != nil && e.Turn.Until.After(now) }

// stateOfJob is how a job stands, in one word.
func stateOfJob(e *fleet.Entry, now time.Time) string {
	switch {
	case isRunning(e, now):
		return "running"
	case e.Turn != nil:
		return "lost"
	case e.Asked != nil:
		return "asked"
	case e.Paused != nil:
		return "paused"
	case e.Next.IsZero():
		return "idle"
	case !e.Next.After(now):
		return "due"
	}
	return "waiting"
}

// jobRow is a job as it is listed.
type jobRow struct {
	fleet.Entry
	now     time.Time
	waiting int // changes that wait for persons in its last plan
}

// waitingIn returns how many changes wait for persons in the last plan of a job: a run
// that failed before it had one leaves what waits as it was.
func waitingIn(ctx context.Context, t api.Table, e *fleet.Entry) (int, error) {
	last := e.Last
	if last != nil && !last.Planned && last.Plan == "" {
		var err error
		if last, err = fleet.LastPlanned(ctx, t, e.Name); err != nil {
			return 0, err
		}
	}
	if last == nil {
		return 0, nil
	}
	return last.Waiting, nil
}

// lastOf returns a value of the last run of a job; nil: there is none.
func lastOf(r *jobRow, value func(*fleet.Run) any) any {
	if r.Last == nil {
		return nil
	}
	return value(r.Last)
}

// jobColumns are those of a list of jobs.
var jobColumns = []column[jobRow]{
	{"job", func(r *jobRow) any { return r.Name }},
	{"state", func(r *jobRow) any { return stateOfJob(&r.Entry, r.now) }},
	{"next", func(r *jobRow) any { return timeOrNil(r.Next) }},
	{"schedule", func(r *jobRow) any { return r.Schedule }},
	{"priority", func(r *jobRow) any { return r.Priority }},
	{"last_ended", func(r *jobRow) any { return lastOf(r, func(l *fleet.Run) any { return timeOrNil(l.Ended) }) }},
	{"last_run", func(r *jobRow) any { return lastOf(r, func(l *fleet.Run) any { return l.ID }) }},
	{"exit_code", func(r *jobRow) any { return lastOf(r, func(l *fleet.Run) any { return l.ExitCode }) }},
	{"reason", func(r *jobRow) any { return lastOf(r, func(l *fleet.Run) any { return l.Reason }) }},
	{"waiting", func(r *jobRow) any { return r.waiting }},
	{"commit", func(r *jobRow) any { return lastOf(r, func(l *fleet.Run) any { return commitText(&l.Outcome) }) }},
}

// timeOrNil is a time as a list shows it; nil: never.
func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// commitText is the commit of a run; "+" says that its files were changed.
func commitText(o *fleet.Outcome) string {
	if o.Changed && o.Commit != "" {
		return o.Commit + "+"
	}
	return o.Commit
}

func newJobsList(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the jobs, when they are due, and how their last runs ended",
		Long: `Lists the jobs of the fleet: whether each waits, is due, was asked for, runs, is paused
or was lost with its process; when it is due; and how its last run ended. A commit with
a + was not what was run: its files were changed. It warns where processes that serve
the fleet go by different files, for longer than it takes to bring a new one to all.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.useFleet(cmd.Context(), func(t api.Table) error {
				all, err := t.Jobs(cmd.Context())
				if err != nil {
					return err
				}
				now := a.clock.Now()
				rows := make([]jobRow, len(all))
				for i := range all {
					if rows[i] = (jobRow{Entry: all[i], now: now}); err == nil {
						rows[i].waiting, err = waitingIn(cmd.Context(), t, &all[i])
					}
				}
				if err != nil {
					return err
				}
				a.warnOfFiles(cmd.Context(), t)
				return list(a, format, jobColumns, each(rows))
			})
		},
	}
	addFormat(cmd, &format)
	return cmd
}

// warnOfFiles says where processes serve different files of the fleet. A server that is
// older does not know.
func (a *app) warnOfFiles(ctx context.Context, t api.Table) {
	all, err := t.Attendance(ctx)
	if err != nil {
		fmt.Fprintf(a.stderr, "Whether processes serve different files of the fleet is not known: %s\n", inert.Text(err.Error()))
		return
	}
	if text := all.FilesDiffer(); text != "" {
		fmt.Fprintf(a.stderr, "Warning: %s\n", inert.Text(text))
	}
}

// runColumnsOfJob are those of a list of runs of jobs.
var runColumnsOfJob = []column[fleet.Run]{
	{"run", func(r *fleet.Run) any { return r.ID }},
	{"job", func(r *fleet.Run) any { return r.Job }},
	{"due", func(r *fleet.Run) any { return timeOrNil(r.Due) }},
	{"began", func(r *fleet.Run) any { return timeOrNil(r.Began) }},
	{"ended", func(r *fleet.Run) any { return timeOrNil(r.Ended) }},
	{"late_seconds", func(r *fleet.Run) any { return int(r.Late().Seconds()) }},
	{"missed", func(r *fleet.Run) any { return r.Missed }},
	{"attempt", func(r *fleet.Run) any { return r.Attempt }},
	{"asked_by", func(r *fleet.Run) any { return r.By }},
	{"exit_code", func(r *fleet.Run) any {
		if r.Ended.IsZero() {
			return nil
		}
		return r.ExitCode
	}},
	{"reason", func(r *fleet.Run) any { return r.Reason }},
	{"message", func(r *fleet.Run) any { return r.Message }},
	{"recorded", func(r *fleet.Run) any {
		if r.Recorded == 0 {
			return nil
		}
		return r.Recorded
	}},
	{"commit", func(r *fleet.Run) any { return commitText(&r.Outcome) }},
	{"plan", func(r *fleet.Run) any { return r.Plan }},
	{"waiting", func(r *fleet.Run) any {
		if r.Plan == "" {
			return nil
		}
		return r.Waiting
	}},
}

// jobRunsShown is how many runs of a job are shown unless something else is said.
const jobRunsShown = 20

func newJobsShow(a *app) *cobra.Command {
	var format string
	var limit int
	var events int64
	var waiting bool
	var file string
	cmd := &cobra.Command{
		Use:   "show JOB",
		Short: "Show the runs of a job, the newest first",
		Long: `Shows the runs of a job, the newest first: when each was due and began, who asked for
it, how it ended, the commit that it ran, and its number in the account's own journal,
where domainsync runs show has all that it changed; and the hash under which the state of
the account keeps its plan for 14 days, where changes wait for persons. With --waiting it
lists these changes instead, and what persons have said of them. With --events it prints
what happened in one run, an object of JSON a line, as apply --json does; while it runs
that grows.`,
		Args:              exactly("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return fmt.Errorf("--limit %d: give how many runs are shown at most, or 0 for all", limit)
			}
			if waiting {
				return a.listWaiting(cmd.Context(), args[0], file, format)
			}
			return a.useFleet(cmd.Context(), func(t api.Table) error {
				if cmd.Flags().Changed("events") {
					return a.printEvents(cmd.Context(), t, args[0], events)
				}
				return a.showJob(cmd.Context(), t, args[0], limit, format)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&limit, "limit", jobRunsShown, "at most so many `runs`; 0: all")
	flags.Int64Var(&events, "events", 0, "print what happened in the `run` of this number")
	addFormat(cmd, &format)
	flags.BoolVar(&waiting, "waiting", false, "list the changes of the last plan that persons decide on")
	addFleetFile(cmd, &file)
	cmd.MarkFlagsMutuallyExclusive("events", "limit", "waiting")
	cmd.MarkFlagsMutuallyExclusive("events", "format")
	return cmd
}

// entryOf returns a job of the fleet; nil where it is one no more, and its history is kept.
func entryOf(ctx context.Context, t api.Table, name string) (*fleet.Entry, error) {
	all, err := t.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	missing := &fleet.NoJobError{Job: name}
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
		missing.Have = append(missing.Have, all[i].Name)
	}
	former, err := t.Acts(ctx, fleet.ActQuery{Job: name, Limit: 1})
	if err != nil || len(former) > 0 {
		return nil, err
	}
	return nil, missing
}

func (a *app) showJob(ctx context.Context, t api.Table, name string, limit int, format string) error {
	e, err := entryOf(ctx, t, name)
	if err != nil {
		return err
	}
	runs, err := t.Runs(ctx, fleet.RunQuery{Job: name, Limit: limit})
	if err != nil {
		return err
	}
	a.sayJob(e)
	for i := range runs {
		if n := runs[i].LinesMissing; n > 0 {
			fmt.Fprintf(a.stderr, "Run %d: %s of what happened could not be written, as the state of the fleet could not be reached.\n", runs[i].ID, words.Count(n, "line"))
		}
	}
	return list(a, format, runColumnsOfJob, each(runs))
}

// sayJob says how a job stands, beside the list of its runs; nil is one that the fleet
// has no more.
func (a *app) sayJob(e *fleet.Entry) {
	if e == nil {
		fmt.Fprintln(a.stderr, "The file of the fleet has this job no more. Its runs were:")
		return
	}
	text := fmt.Sprintf("%s: %s, next %s", e.Name, stateOfJob(e, a.clock.Now()), formatTime(e.Next))
	if e.Paused != nil {
		text += fmt.Sprintf("; paused by %s on %s%s", e.Paused.By, formatTime(e.Paused.At), behind(": ", e.Paused.Detail))
	}
	if e.Asked != nil {
		text += "; a run was asked for by " + e.Asked.By
	}
	text += behind("; ", waitingText(e.Last))
	if e.Turn != nil {
		text += fmt.Sprintf("; run %d by %s since %s", e.Turn.Run, e.Turn.Holder, formatTime(e.Turn.Began))
	}
	fmt.Fprintln(a.stderr, inert.Text(text))
}

// behind returns a text with what stands before it; "" where there is none.
func behind(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// printEvents prints what happened in a run.
func (a *app) printEvents(ctx context.Context, t api.Table, name string, run int64) error {
	if _, err := a.runOfJob(ctx, t, name, run); err != nil {
		return err
	}
	lines, err := t.Lines(ctx, run, 0)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(inert.JSON(a.stdout), "%s\n", l.Data); err != nil {
			return err
		}
	}
	return nil
}

// runOfJob returns a run of a job by its number.
func (a *app) runOfJob(ctx context.Context, t api.Table, name string, run int64) (*fleet.Run, error) {
	if _, err := entryOf(ctx, t, name); err != nil {
		return nil, err
	}
	runs, err := t.Runs(ctx, fleet.RunQuery{Job: name, ID: run})
	if err != nil {
		return nil, err
	}
	if run <= 0 || len(runs) == 0 {
		return nil, fmt.Errorf("the job %s has no run %d: domainsync jobs show %s lists them", name, run, name)
	}
	return &runs[0], nil
}

func newJobsRun(a *app) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Have a job run at once",
		Long: `Asks for a run of a job: the process that serves the fleet begins it within seconds, also
where the job is paused; one that is at work is run again when it has ended. With --wait
the command prints how the run ended, and has its exit code.`,
		Args:              exactly("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return a.useFleet(i.soft, func(t api.Table) error { return a.runJob(i, t, args[0], wait) })
			})
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait for so long until the run has ended")
	return cmd
}

// runJob asks for a run of a job, and waits for its end where that is wanted.
func (a *app) runJob(i interrupts, t api.Table, name string, wait time.Duration) error {
	last, err := t.Runs(i.soft, fleet.RunQuery{Job: name, Limit: 1})
	if err != nil {
		return err
	}
	if err := t.Do(i.soft, fleet.Act{By: a.operator(), Deed: fleet.DeedAsk, Job: name}); err != nil {
		return err
	}
	if wait <= 0 {
		fmt.Fprintf(a.stdout, "A run of %s is asked for.\n", inert.Text(name))
		return nil
	}
	after := int64(0)
	if len(last) > 0 {
		after = last[0].ID
	}
	ctx, cancel := a.clock.WithTimeout(i.soft, wait)
	defer cancel()
	for {
		runs, err := t.Runs(i.soft, fleet.RunQuery{Job: name, Limit: 10})
		if err != nil {
			return err
		}
		for n := range runs {
			if r := &runs[n]; r.ID > after && r.By != "" && !r.Ended.IsZero() {
				return a.sayRun(r)
			}
		}
		if a.clock.Sleep(ctx, time.Second) != nil {
			return failed(exitError, "the run of %s has not ended within %s: it goes on, or no process serves the fleet; domainsync jobs show %s tells", name, wait, name)
		}
	}
}

// sayRun says how a run ended, and ends as it did.
func (a *app) sayRun(r *fleet.Run) error {
	text := fmt.Sprintf("run %d of %s: exit %d%s", r.ID, r.Job, r.ExitCode, behind(": ", r.Reason))
	if r.Commit != "" {
		text += ", commit " + commitText(&r.Outcome)
	}
	fmt.Fprintln(a.stdout, inert.Text(text))
	if r.ExitCode == exitDone {
		return nil
	}
	e := &exit{code: r.ExitCode, reason: r.Reason}
	if r.Message != "" {
		e.err = errors.New(r.Message)
	}
	return e
}

func newJobsCancel(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "cancel JOB",
		Short: "Have the run of a job that is at work end in order",
		Long: `Asks the run of a job that is at work to end: within seconds it sends nothing more,
settles what it has sent, and closes the locks that it opened, as after an interrupt. What
is left is tried again half an hour later, unless the job is paused.`,
		Args:              exactly("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.useFleet(cmd.Context(), func(t api.Table) error { return a.cancelRun(cmd.Context(), t, args[0], reason) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why`, for those who look at it later")
	return cmd
}

// cancelRun has the run of a job that is at work end in order.
func (a *app) cancelRun(ctx context.Context, t api.Table, name, reason string) error {
	e, err := entryOf(ctx, t, name)
	if err != nil {
		return err
	}
	if e == nil || !isRunning(e, a.clock.Now()) {
		return fmt.Errorf("no run of %s is at work: there is none to end", name)
	}
	run := e.Turn.Run
	if err := t.Do(ctx, fleet.Act{By: a.operator(), Deed: fleet.DeedCancel, Job: name, Run: run, Detail: reason}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Run %d of %s is asked to end.\n", run, inert.Text(name))
	return nil
}

func newJobsPause(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause JOB",
		Short: "Have a job not run by its schedule",
		Long: `Pauses a job: no run of it begins by its schedule until domainsync jobs resume. A run
that is at work goes on, and one can be asked for. When the job is resumed, a time that
has passed meanwhile is run, once and late. To hold names or attributes alone, there is
domainsync pause.`,
		Args:              exactly("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.doJob(cmd.Context(), fleet.Act{Deed: fleet.DeedPause, Job: args[0], Detail: reason}, "%s is paused.\n")
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why`, for those who look at it later")
	return cmd
}

func newJobsResume(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "resume JOB",
		Short:             "Have a paused job run by its schedule again",
		Args:              exactly("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.doJob(cmd.Context(), fleet.Act{Deed: fleet.DeedResume, Job: args[0]}, "%s runs by its schedule.\n")
		},
	}
}

// doJob does something to a job, and says so.
func (a *app) doJob(ctx context.Context, act fleet.Act, said string) error {
	act.By = a.operator()
	return a.useFleet(ctx, func(t api.Table) error {
		if err := t.Do(ctx, act); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, said, inert.Text(act.Job))
		return nil
	})
}

// actColumns are those of the log of a fleet.
var actColumns = []column[fleet.Act]{
	{"id", func(x *fleet.Act) any { return x.ID }},
	{"at", func(x *fleet.Act) any { return x.At }},
	{"by", func(x *fleet.Act) any { return x.By }},
	{"deed", func(x *fleet.Act) any { return string(x.Deed) }},
	{"job", func(x *fleet.Act) any { return x.Job }},
	{"run", func(x *fleet.Act) any {
		if x.Run == 0 {
			return nil
		}
		return strconv.FormatInt(x.Run, 10)
	}},
	{"detail", func(x *fleet.Act) any { return x.Detail }},
}

// actsShown is how many acts are listed unless something else is said.
const actsShown = 100

func newJobsLog(a *app) *cobra.Command {
	var format string
	var limit int
	cmd := &cobra.Command{
		Use:   "log [JOB]",
		Short: "List what was done with the fleet, by whom and when",
		Long: `Lists what was done, the newest first: which process served the fleet, when its file was
read anew and which jobs that changed, who asked for runs and paused jobs, and which
runs began and ended.`,
		Args:              atMostOne("JOB"),
		ValidArgsFunction: a.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return fmt.Errorf("--limit %d: give how many acts are listed at most, or 0 for all", limit)
			}
			return a.useFleet(cmd.Context(), func(t api.Table) error { return a.logJobs(cmd.Context(), t, strings.Join(args, ""), limit, format) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", actsShown, "at most so many `acts`; 0: all")
	addFormat(cmd, &format)
	return cmd
}

func (a *app) logJobs(ctx context.Context, t api.Table, name string, limit int, format string) error {
	if name != "" {
		if _, err := entryOf(ctx, t, name); err != nil {
			return err
		}
	}
	acts, err := t.Acts(ctx, fleet.ActQuery{Job: name, Limit: limit})
	if err != nil {
		return err
	}
	return list(a, format, actColumns, each(acts))
}
