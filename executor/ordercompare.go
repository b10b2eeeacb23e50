package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
)

// An OrderComparison is where the journal and the account differ about orders.
type OrderComparison struct {
	*TaskComparison
	// Oldest is when the oldest task was saved that the account lists, at the earliest;
	// zero: it lists none, or tells no time.
	Oldest time.Time
	// Orders are, by number, the tasks that were asked for, and the account's tasks that
	// may order something and that the journal does not know. Of a task that is not here
	// the account tells nothing.
	Orders map[string]AccountOrder
}

// An AccountOrder is a task that orders something, as the account tells of it. The
// service tells no price.
type AccountOrder struct {
	AccountTask
	Listed  bool          // the task is in the account's lists
	Domains []OrderedName // each name of the task once, as far as they are told
	// Problem is why it is not known of which names the task is; "": it is.
	Problem string
}

// An OrderedName is what became of a task's order for one name.
type OrderedName struct {
	Domain  string            `json:"domain"`
	Status  wire.DetailStatus `json:"status"`
	Message string            `json:"message,omitempty"` // of the service
}

// Succeeded reports whether the order was executed.
func (o *OrderedName) Succeeded() bool { return o.Status == wire.DetailSuccess }

// Ended reports whether the order has ended, either way.
func (o *OrderedName) Ended() bool { return o.Status.Ended() }

// CompareOrders compares tasks as [CompareTasks] does, and reads of which names the given
// order tasks are, and those of the account that may order something and that the journal
// does not know. A given task is asked for by its number also where the account does not
// list it any more.
func CompareOrders(ctx context.Context, s Service, pageSize int, j *journal.Journal, since time.Time, orders []string) (*OrderComparison, error) {
	since = since.Truncate(time.Second) // the service tells whole ones
	l := listsOf(s, pageSize)
	list, err := listTasks(ctx, l, since)
	if err != nil {
		return nil, err
	}
	c := &OrderComparison{Oldest: list.oldest(), Orders: make(map[string]AccountOrder)}
	all := make(map[string]AccountOrder)
	for _, no := range orders {
		t, listed := list[no]
		all[no] = AccountOrder{AccountTask: t.told(no), Listed: listed}
	}
	if c.TaskComparison, err = list.compare(ctx, j, since); err != nil {
		return nil, err
	}
	for _, t := range c.Unknown {
		if t.Type == "" || t.Type.MayOrder() {
			all[t.Task] = AccountOrder{AccountTask: t, Listed: true}
		}
	}
	for no, o := range all {
		told, err := o.read(ctx, l)
		if err != nil {
			return nil, err
		}
		if told {
			c.Orders[no] = o
		}
	}
	return c, nil
}

// oldest returns when the oldest task of the list was saved, at the earliest.
func (l taskList) oldest() (at time.Time) {
	for _, t := range l {
		if first := t.created.First; !first.IsZero() && (at.IsZero() || first.Before(at)) {
			at = first
		}
	}
	return at
}

// told returns what the lists tell of a task.
func (c *candidate) told(no string) AccountTask {
	return AccountTask{Task: no, Type: c.kind, Names: c.names, Created: c.created.First, Ended: c.complete}
}

// read adds of which names the task is. Told is false where the account knows nothing of
// it. It is an error where the account can tell of no task.
func (o *AccountOrder) read(ctx context.Context, s lists) (told bool, err error) {
	details, err := taskDetails(ctx, s, o.Task)
	if err != nil && (wire.StopsOperation(err) || ctx.Err() != nil) {
		return false, err
	}
	place, seen := make(map[string]int), 0
	for i := range details {
		d := &details[i]
		name := wire.LiveName(d.DomainName) // names are told in Unicode
		at, again := place[name]
		switch told := (OrderedName{name, d.Status(), cmp.Or(d.FailReason, d.ErrorMsg)}); {
		case d.TaskNo != o.Task:
			err = errors.Join(err, fmt.Errorf("a detail of task %s says that it is of %s", o.Task, quoted(d.TaskNo)))
			continue
		case name == "":
			continue
		case !again:
			place[name] = len(o.Domains)
			o.Domains = append(o.Domains, told)
		case told.costs() > o.Domains[at].costs():
			o.Domains[at] = told
		}
		seen++
		o.known(d)
	}
	switch {
	case err != nil:
		o.Problem = err.Error()
	case seen < o.Names:
		o.Problem = fmt.Sprintf("of the %d names of task %s only %d can be seen", o.Names, o.Task, seen)
	}
	return o.Listed || len(o.Domains) > 0 || o.Problem != "", nil
}

// costs says how much an order tells of money: one that was executed tells most, then one
// that may be. A task that tells twice of a name is taken by that.
func (o *OrderedName) costs() int {
	switch {
	case o.Succeeded():
		return 2
	case !o.Ended():
		return 1
	}
	return 0
}

// known adds what a detail tells of a task that is not in the lists.
func (o *AccountOrder) known(d *detail) {
	if o.Listed {
		return
	}
	o.Type, o.Created = d.TaskType, d.CreateTime
	o.Names++
	o.Ended = (o.Names == 1 || o.Ended) && d.Status().Ended()
}
