package executor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// A TaskComparison is where the journal and the account differ about tasks.
type TaskComparison struct {
	Since   time.Time // tasks from then on were compared
	Account int       // tasks that the account lists since then
	Journal int       // tasks that the journal knows since then
	// Unknown are the account's tasks that the journal does not know, the oldest
	// first: somebody else's, or those of a journal that has lost records.
	Unknown []AccountTask
	// Missing are the journal's tasks that the account does not list, in order.
	Missing []string
}

// An AccountTask is a task as the account lists it.
type AccountTask struct {
	Task    string        `json:"task"`
	Type    wire.TaskType `json:"type"`    // "": not told
	Names   int           `json:"names"`   // 0: not told
	Created time.Time     `json:"created"` // at the earliest; zero: not told
	Ended   bool          `json:"ended"`
}

// MayOrderOf reports whether the task may be an order of an attribute. One of a type that
// is not told, or that the reference does not name, may: nobody knows what it orders.
func (t *AccountTask) MayOrderOf(attribute string) bool {
	a := attr.Lookup(attribute)
	return !t.Type.Documented() || a == nil || slices.ContainsFunc(a.Requests, func(r wire.Request) bool { return wire.OperationOf(r).Saves(t.Type) })
}

// CompareTasks compares the tasks that were saved since a time, as the account lists
// them, with those that the journal knows. A task without a time counts. PageSize is
// that of lists for which the service states no most; 0: the default.
func CompareTasks(ctx context.Context, s Service, pageSize int, j *journal.Journal, since time.Time) (*TaskComparison, error) {
	since = since.Truncate(time.Second) // the service tells whole ones
	list, err := listTasks(ctx, listsOf(s, pageSize), since)
	if err != nil {
		return nil, err
	}
	return list.compare(ctx, j, since)
}

// compare compares the tasks of the list that were saved since a time with those that
// the journal knows. It takes older ones out of the list.
func (list taskList) compare(ctx context.Context, j *journal.Journal, since time.Time) (*TaskComparison, error) {
	listed := maps.Clone(list) // one of ours may be recorded a little after the service saved it
	maps.DeleteFunc(list, func(_ string, t candidate) bool { return !t.created.Last.IsZero() && t.created.Last.Before(since) })
	unknown, err := list.unknown(ctx, j)
	if err != nil {
		return nil, err
	}
	own, err := j.TasksSince(ctx, since)
	if err != nil {
		return nil, err
	}
	c := &TaskComparison{Since: since, Account: len(list), Journal: len(own)}
	for _, t := range unknown {
		c.Unknown = append(c.Unknown, t.told(t.no))
	}
	slices.SortFunc(c.Unknown, func(a, b AccountTask) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Task, b.Task)) })
	for no := range own {
		if _, ok := listed[no]; !ok {
			c.Missing = append(c.Missing, no)
		}
	}
	slices.Sort(c.Missing)
	return c, nil
}
