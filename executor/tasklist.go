package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
)

// candidate is a task of the service's lists, as far as they tell.
type candidate struct {
	no      string
	kind    wire.TaskType // "": not told
	names   int           // 0: not told
	created wire.Span     // zero: not told

	complete bool // every detail has ended
}

const (
	// defaultPageSize is that of lists whose most is not known.
	defaultPageSize = 200
	// taskPages and detailPages bound the pages that are read of a list of
	// tasks and of a task's details: a service that never ends a list must not
	// keep a run for ever.
	taskPages, detailPages = 1000, 100
)

// listZones is by how much earlier tasks are asked for: the filter works by days,
// of a zone that is not ours.
const listZones = 24 * time.Hour

// A taskList holds the tasks of the lists that were read, by number.
type taskList map[string]candidate

// add takes a task in, and reports whether it was not there yet. One without a
// number could be any.
func (l taskList) add(c candidate) (fresh bool, err error) {
	if c.no == "" {
		return false, errors.New("a task of the list has no number")
	}
	_, old := l[c.no]
	l[c.no] = c
	return !old, nil
}

// listTasks reads the tasks that were saved since a time, and those that went
// into the history since.
func listTasks(ctx context.Context, s lists, from time.Time) (taskList, error) {
	from = from.Add(-listZones)
	list := make(taskList)
	if err := list.current(ctx, s, from); err != nil {
		return nil, err
	}
	return list, list.history(ctx, s, from)
}

// current reads the list, whose pages have numbers. It is an error where the
// list ends before its total.
func (l taskList) current(ctx context.Context, s lists, from time.Time) error {
	total := 0
	for n := 1; ; n++ {
		page, err := s.QueryTaskList(ctx, &wire.QueryTaskListRequest{Page: wire.Page{PageNum: n, PageSize: s.pageSize}, BeginCreateTime: from})
		if err != nil {
			return err
		}
		fresh := 0
		for i := range page.Data {
			t := &page.Data[i]
			isNew, err := l.add(candidate{t.TaskNo, t.TaskType, t.TaskNum, t.CreatedAt(), isComplete(t.TaskStatus, t.TaskStatusCode)})
			if err != nil {
				return err
			}
			if isNew {
				fresh++
			}
		}
		if n == 1 {
			total = page.TotalItemNum
		}
		if fresh == 0 || !more(page.Paged, n, len(page.Data), s.pageSize, len(l)) {
			break
		}
		if err := checkPageLimit(ctx, n, taskPages, "the list of tasks"); err != nil {
			return err
		}
	}
	if len(l) < total {
		return fmt.Errorf("of %d tasks only %d are in the list", total, len(l))
	}
	return nil
}

// history reads the older tasks, whose pages are reached by cursor. A page that
// brings nothing new and leads on is an error: the pages behind it would not be
// seen.
func (l taskList) history(ctx context.Context, s lists, from time.Time) error {
	req := wire.QueryTaskInfoHistoryRequest{PageSize: s.pageSize, BeginCreateTime: from}
	for n := 1; ; n++ {
		page, err := s.QueryTaskInfoHistory(ctx, &req)
		if err != nil {
			return err
		}
		fresh := 0
		for i := range page.Objects {
			t := &page.Objects[i]
			isNew, err := l.add(candidate{t.TaskNo, t.TaskType, t.TaskNum, t.CreatedAt(), isComplete(t.TaskStatus, t.TaskStatusCode)})
			if err != nil {
				return err
			}
			if isNew {
				fresh++
			}
		}
		next := page.NextPageCursor
		switch {
		case next.TaskNo == "" || next.TaskNo == req.TaskNoCursor:
			return nil
		case fresh == 0:
			return fmt.Errorf("the history of tasks: %w, a page leads on and brings nothing new", errEndless)
		}
		if err := checkPageLimit(ctx, n, taskPages, "the history of tasks"); err != nil {
			return err
		}
		req.TaskNoCursor, req.CreateTimeCursor = next.TaskNo, next.Created()
	}
}

// unknown returns the tasks of the list that a journal does not know, the newest
// first.
func (l taskList) unknown(ctx context.Context, j *journal.Journal) ([]candidate, error) {
	known, err := j.KnownTasks(ctx, slices.Sorted(maps.Keys(l)))
	if err != nil {
		return nil, err
	}
	var others []candidate
	for no, t := range l {
		if _, own := known[no]; !own {
			others = append(others, t)
		}
	}
	slices.SortFunc(others, func(a, b candidate) int {
		return cmp.Or(b.created.Last.Compare(a.created.Last), cmp.Compare(a.no, b.no))
	})
	return others, nil
}

// isComplete reports whether a task has ended. Two members say so; what one of
// them denies is not known.
func isComplete(s wire.TaskStatus, code wire.TaskCode) bool {
	return (s == wire.TaskComplete || s == "") && (code == wire.TaskCompleteCode || code == 0) && (s != "" || code != 0)
}

// more reports whether a page follows another one that brought something new. A
// total may be missing, or be any number.
func more(p wire.Paged, asked, got, size, read int) bool {
	return asked < p.TotalPageNum || got >= size && (p.TotalItemNum == 0 || read < p.TotalItemNum)
}

// errEndless says that a list has more pages than a service can mean. To ask
// again is of no use.
var errEndless = errors.New("it does not end")

// checkPageLimit returns an error where a list must not be read any further:
// the context has ended, or the list does not end by itself.
func checkPageLimit(ctx context.Context, read, most int, what string) error {
	if read >= most {
		return fmt.Errorf("%s: %w, %d pages were read", what, errEndless, read)
	}
	return ctx.Err()
}

// A detailList holds the details of the pages that were read, each once.
type detailList struct {
	all  []detail
	seen map[[3]string]bool
}

// add takes in what is new of a page, and reports whether something was.
func (l *detailList) add(page []wire.TaskDetail, request string) (fresh bool) {
	if l.seen == nil {
		l.seen = make(map[[3]string]bool)
	}
	for i := range page {
		d := &page[i]
		key := [3]string{d.TaskNo, d.TaskDetailNo, d.DomainName}
		if l.seen[key] {
			continue
		}
		l.seen[key], fresh = true, true
		l.all = append(l.all, detail{*d, request})
	}
	return fresh
}

// taskDetails reads all details of a task, and of an older one from the
// history.
func taskDetails(ctx context.Context, s lists, no string) ([]detail, error) {
	var list detailList
	for n := 1; ; n++ {
		page, err := s.QueryTaskDetailList(ctx, &wire.QueryTaskDetailListRequest{PageNum: n, PageSize: pollPage, TaskNo: no})
		if err != nil {
			return list.all, err
		}
		if !list.add(page.Data, page.RequestID) || !more(page.Paged, n, len(page.Data), pollPage, len(list.all)) {
			break
		}
		if err := checkPageLimit(ctx, n, detailPages, "the list of the details of task "+no); err != nil {
			return list.all, err
		}
	}
	if len(list.all) > 0 {
		return list.all, nil
	}
	return oldDetails(ctx, s, no)
}

func oldDetails(ctx context.Context, s lists, no string) ([]detail, error) {
	var list detailList
	req := wire.QueryTaskDetailHistoryRequest{PageSize: s.pageSize, TaskNo: no}
	for n := 1; ; n++ {
		page, err := s.QueryTaskDetailHistory(ctx, &req)
		if err != nil {
			return list.all, err
		}
		next := page.NextPageCursor
		if !list.add(page.Objects, page.RequestID) || next.TaskDetailNo == "" || next.TaskDetailNo == req.TaskDetailNoCursor {
			return list.all, nil
		}
		if err := checkPageLimit(ctx, n, detailPages, "the history of the details of task "+no); err != nil {
			return list.all, err
		}
		req.TaskDetailNoCursor, req.DomainNameCursor = next.TaskDetailNo, next.DomainName
	}
}

// namesIn returns the names that the details of the task are about, sorted. It
// is an error where a detail does not say that, or where some are missing; the
// names are those that are told.
func (c *candidate) namesIn(details []detail) (names []string, err error) {
	for i := range details {
		switch d := &details[i]; {
		case d.TaskNo != c.no:
			err = errors.Join(err, fmt.Errorf("a detail of task %s says that it is of %s", c.no, quoted(d.TaskNo)))
		case d.DomainName == "":
			err = errors.Join(err, fmt.Errorf("a detail of task %s names no domain", c.no))
		default:
			names = append(names, d.DomainName)
		}
	}
	slices.Sort(names)
	switch {
	case err != nil:
	case len(names) == 0:
		err = fmt.Errorf("of the names of task %s only 0 can be seen", c.no)
	case len(names) < c.names:
		err = fmt.Errorf("of the %d names of task %s only %d can be seen", c.names, c.no, len(names))
	}
	return names, err
}

// quoted writes a task's number that may be missing.
func quoted(no string) string {
	if no == "" {
		return "no task"
	}
	return "task " + no
}
