package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/sethvargo/go-retry"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func newTasks(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tasks",
		Short: "List, wait for, cancel and acknowledge tasks of the account",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTasksList(a), newTasksShow(a), newTasksWait(a), newTasksCancel(a), newTasksAck(a))
	return cmd
}

var taskColumns = []column[wire.TaskInfo]{
	{"task", func(t *wire.TaskInfo) any { return t.TaskNo }},
	{"type", func(t *wire.TaskInfo) any { return string(t.TaskType) }},
	{"names", func(t *wire.TaskInfo) any {
		if t.TaskNum == 0 {
			return nil // no task is of no name: it was not told
		}
		return t.TaskNum
	}},
	{"status", func(t *wire.TaskInfo) any { return string(t.TaskStatus) }},
	{"cancellation", func(t *wire.TaskInfo) any {
		if t.TaskCancelStatus == wire.CancelNone {
			return ""
		}
		return string(t.TaskCancelStatus)
	}},
	{"created", func(t *wire.TaskInfo) any { return t.CreateTime }},
}

func newTasksList(a *app) *cobra.Command {
	var p period
	var format string
	var history, open bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tasks of the account, the newest first",
		Long: `Lists the tasks of the account, whoever saved them, the newest first. The
service moves tasks to a history after some time, which --history lists as well.`,
		Args: noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			since, until, err := p.times(a.clock.Now())
			if err != nil {
				return err
			}
			return list(a, format, taskColumns, filterRows(s.tasks(ctx, since, until, history), func(t *wire.TaskInfo) bool {
				// The service looks at days alone, and tells seconds.
				within := !t.CreateTime.Before(since.Truncate(time.Second)) && (until.IsZero() || !t.CreateTime.After(until))
				return within && (!open || t.TaskStatus != wire.TaskComplete)
			}))
		}),
	}
	cmd.Flags().BoolVar(&history, "history", false, "tasks of the history, too")
	cmd.Flags().BoolVar(&open, "open", false, "only tasks that have not ended")
	p.addFlags(cmd)
	addFormat(cmd, &format)
	return cmd
}

// tasks lists the tasks of the account, and those of the history behind them.
func (s *service) tasks(ctx context.Context, since, until time.Time, history bool) iter.Seq2[wire.TaskInfo, error] {
	recent := s.QueryTaskListAll(ctx, &wire.QueryTaskListRequest{BeginCreateTime: since, EndCreateTime: until})
	if !history {
		return recent
	}
	old := s.QueryTaskInfoHistoryAll(ctx, &wire.QueryTaskInfoHistoryRequest{BeginCreateTime: since, EndCreateTime: until})
	return func(yield func(wire.TaskInfo, error) bool) {
		for t, err := range recent {
			if !yield(t, err) {
				return
			}
		}
		for t, err := range old {
			if !yield(wire.TaskInfo{TaskNo: t.TaskNo, TaskType: t.TaskType, TaskNum: t.TaskNum, TaskStatus: t.TaskStatus, CreateTime: t.Created()}, err) {
				return
			}
		}
	}
}

// filterRows lets through the rows that are wanted, and errors.
func filterRows[T any](rows iter.Seq2[T, error], wanted func(*T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			if (err != nil || wanted(&row)) && !yield(row, err) {
				return
			}
		}
	}
}

// detailColumns are the columns of a task's details. Results are secrets, such
// as transfer keys.
func detailColumns(secrets bool) []column[wire.TaskDetail] {
	columns := []column[wire.TaskDetail]{
		{"task", func(d *wire.TaskDetail) any { return d.TaskNo }},
		{"domain", func(d *wire.TaskDetail) any { return wire.UnicodeName(d.DomainName) }},
		{"type", func(d *wire.TaskDetail) any { return string(d.TaskType) }},
		{"status", func(d *wire.TaskDetail) any { return string(d.Status()) }},
		{"message", func(d *wire.TaskDetail) any { return cmp.Or(d.FailReason, d.ErrorMsg) }},
		{"tries", func(d *wire.TaskDetail) any { return d.TryCount }},
		{"updated", func(d *wire.TaskDetail) any { return d.UpdateTime }},
	}
	if secrets {
		columns = append(columns, column[wire.TaskDetail]{"result", func(d *wire.TaskDetail) any { return d.TaskResult }})
	}
	return columns
}

func newTasksShow(a *app) *cobra.Command {
	var format, name string
	var secrets, failures bool
	cmd := &cobra.Command{
		Use:   "show TASK",
		Short: "Show what became of each name of a task",
		Args:  exactly("TASK"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			details, err := s.details(ctx, args[0])
			if err != nil {
				return err
			}
			if len(details) == 0 {
				return fmt.Errorf("no task is called %s", args[0])
			}
			name := canonical(name)
			return list(a, format, detailColumns(secrets), filterRows(each(details), func(d *wire.TaskDetail) bool {
				return (name == "" || d.DomainName == name) && (!failures || d.Status() == wire.DetailFailure)
			}))
		}),
	}
	cmd.Flags().StringVar(&name, "domain", "", "only this `name`")
	cmd.Flags().BoolVar(&failures, "failed", false, "only names for which the task failed")
	addShowSecrets(cmd, &secrets)
	addFormat(cmd, &format)
	return cmd
}

func addShowSecrets(cmd *cobra.Command, secrets *bool) {
	cmd.Flags().BoolVar(secrets, "show-secrets", false, "print secrets, such as transfer keys")
}

// canonical returns the form in which names are compared, and what is no name
// as it stands: it equals none.
func canonical(name string) string {
	if c, err := wire.CanonicalName(name); err == nil {
		return c
	}
	return name
}

// each yields the elements of a list as rows.
func each[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// details returns the details of a task, also of one in the history: none for
// a task that does not exist.
func (s *service) details(ctx context.Context, task string) ([]wire.TaskDetail, error) {
	details, err := gather(s.QueryTaskDetailListAll(ctx, &wire.QueryTaskDetailListRequest{TaskNo: task}))
	if err != nil || len(details) > 0 {
		return details, err
	}
	return gather(s.QueryTaskDetailHistoryAll(ctx, &wire.QueryTaskDetailHistoryRequest{TaskNo: task}))
}

// gather returns all rows as a list.
func gather[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// waiting says how long a command waits for a task.
type waiting struct{ timeout time.Duration }

func (w *waiting) addFlag(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&w.timeout, "timeout", 30*time.Minute, "how long to wait for the task")
}

var (
	errRuns   = errors.New("the task has not ended")
	errNoTask = errors.New("there is no such task")
)

// missingReads is how often a task may be missing before it counts as one that
// does not exist: a task that was just saved may not be listed yet.
const missingReads = 3

// wait returns the details of a task when all of them have ended.
func (s *service) wait(ctx context.Context, task string, w waiting) (details []wire.TaskDetail, err error) {
	patient, cancel := s.app.clock.WithTimeout(ctx, w.timeout)
	defer cancel()
	details, err = s.follow(patient, task)
	s.app.stderr.rest()
	if err != nil && patient.Err() != nil && ctx.Err() == nil {
		err = failed(exitFailed, "%w after %v: domainsync tasks wait %s goes on waiting", errRuns, w.timeout, task)
	}
	return details, err
}

// follow reads the details of a task again and again, until all have ended.
func (s *service) follow(ctx context.Context, task string) (details []wire.TaskDetail, err error) {
	backoff := retry.WithCappedDuration(30*time.Second, retry.NewExponential(500*time.Millisecond))
	for reads := 1; ; reads++ {
		if err := context.Cause(ctx); err != nil {
			return details, err
		}
		if details, err = s.details(ctx, task); err != nil {
			return details, err
		}
		ended := len(details) - openDetails(details)
		s.app.stderr.progress("names done in task "+task, ended, len(details))
		switch {
		case len(details) == 0 && reads >= missingReads:
			return details, errNoTask
		case len(details) > 0 && ended == len(details):
			return details, nil
		}
		pause, _ := backoff.Next()
		_ = s.app.clock.Sleep(ctx, pause) // the context's end shows above
	}
}

func openDetails(details []wire.TaskDetail) (n int) {
	for i := range details {
		if !details[i].Status().Ended() {
			n++
		}
	}
	return n
}

func newTasksWait(a *app) *cobra.Command {
	var format string
	var w waiting
	var secrets bool
	cmd := &cobra.Command{
		Use:   "wait TASK…",
		Short: "Wait until tasks have ended",
		Long: `Waits until the tasks have ended and shows what became of their names. The exit
code is 4 where it failed for some of them. Nothing is acknowledged.`,
		Args: atLeastOne("TASK"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			l, err := newListing(a, format, detailColumns(secrets))
			if err != nil {
				return err
			}
			var t tally
			for _, task := range args {
				details, err := s.wait(ctx, task, w)
				if err != nil {
					if err = t.fail(a, task, err); err != nil {
						return l.end(err)
					}
				}
				if err := addDetails(l, details, &t); err != nil {
					return err
				}
			}
			return l.end(t.end())
		}),
	}
	w.addFlag(cmd)
	addShowSecrets(cmd, &secrets)
	addFormat(cmd, &format)
	return cmd
}

// addDetails lists details and counts what became of them.
func addDetails(l *listing[wire.TaskDetail], details []wire.TaskDetail, t *tally) error {
	for i := range details {
		switch details[i].Status() {
		case wire.DetailSuccess:
			t.done++
		case wire.DetailFailure:
			t.failed++
		}
		if err := l.add(&details[i]); err != nil {
			return err
		}
	}
	return nil
}

func newTasksCancel(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel TASK…",
		Short: "Cancel what of tasks has not ended",
		Args:  atLeastOne("TASK"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			return a.forEach(args, func(task string) error {
				_, err := s.CancelTask(ctx, &wire.CancelTaskRequest{TaskNo: task})
				if err == nil {
					fmt.Fprintf(a.stdout, "The service was asked to cancel task %s; domainsync tasks show %s tells what became of it.\n", task, task)
				}
				return err
			})
		}),
	}
}

func newTasksAck(a *app) *cobra.Command {
	var format string
	var all, yes, secrets bool
	cmd := &cobra.Command{
		Use:   "ack {TASK… | --all}",
		Short: "Show and take off results that nobody has acknowledged",
		Long: `Shows the results of tasks that nobody has acknowledged, then acknowledges them:
they leave the account's queue, and tasks show still shows them. A program that
waits for its results in the queue, a running apply for one, does not see what
was taken off before.`,
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			if all == (len(args) > 0) {
				return fmt.Errorf("name the tasks whose results are acknowledged, or use --all for those of the whole account")
			}
			if all {
				if err := a.confirm(ctx, yes, "This takes off the results of all programs and people on the account"); err != nil {
					return err
				}
				args = []string{""}
			}
			var results []wire.TaskDetail
			for _, task := range args {
				found, err := gather(s.PollTaskResultAll(ctx, &wire.PollTaskResultRequest{TaskNo: task}))
				if err != nil {
					return err
				}
				results = append(results, found...)
			}
			if err := list(a, format, detailColumns(secrets), each(results)); err != nil {
				return err
			}
			return s.acknowledge(ctx, results)
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all results of the account")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	addShowSecrets(cmd, &secrets)
	addFormat(cmd, &format)
	return cmd
}

// acknowledge takes results off the queue, as many in one call as it takes.
func (s *service) acknowledge(ctx context.Context, results []wire.TaskDetail) error {
	size := wire.OperationOf(&wire.AcknowledgeTaskResultRequest{}).BatchSize()
	for part := range slices.Chunk(results, size) {
		r := &wire.AcknowledgeTaskResultRequest{}
		for i := range part {
			r.TaskDetailNo = append(r.TaskDetailNo, part[i].TaskDetailNo)
		}
		if _, err := s.AcknowledgeTaskResult(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// perform makes a call that saves a task for one name, waits for the task and
// returns what became of it. A failure is an error.
func (s *service) perform(ctx context.Context, r wire.Request, w waiting) (*wire.TaskDetail, error) {
	saved, err := s.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	details, err := s.wait(ctx, saved.TaskNo, w)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", saved.TaskNo, err)
	}
	if err := s.acknowledge(ctx, details); err != nil {
		s.app.log.Warn("the result stays in the queue", "task", saved.TaskNo, "error", err)
	}
	d := &details[0]
	if d.Status() == wire.DetailFailure {
		return nil, fmt.Errorf("%s (task %s)", cmp.Or(d.FailReason, d.ErrorMsg, "the task failed"), saved.TaskNo)
	}
	return d, nil
}
