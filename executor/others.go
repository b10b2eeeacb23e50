package executor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

const (
	// othersOpen is of how many tasks of others, at most, is asked which names they
	// are about, the newest first.
	othersOpen = 100
	// othersOrders is the same of their orders: all of a month count.
	othersOrders = 1000
)

// Others are the account's tasks that the journal does not know: those of other
// programs, of people, and of this one with another state. One is for one reading
// of the account.
type Others struct {
	Service  Service
	Journal  *journal.Journal
	PageSize int // 0: 200
	Clock    clock.Clock

	current taskList // nil: not read yet
}

func (o *Others) lists() lists { return listsOf(o.Service, o.PageSize) }

// Tasks returns the tasks of the last weeks, and of those that have not ended
// which names they are about. Of each page of the list, and of each open task of
// somebody else, that is a call.
func (o *Others) Tasks(ctx context.Context) (*snapshot.Tasks, error) {
	s := o.lists()
	list, err := o.list(ctx, o.Clock.Now())
	if err != nil {
		return nil, err
	}
	others, err := list.unknown(ctx, o.Journal)
	if err != nil {
		return nil, err
	}
	all, asked := &snapshot.Tasks{Open: []snapshot.Task{}}, 0
	for _, t := range others {
		if t.created.Last.After(all.Last.Last) {
			all.Last = t.created
		}
		if t.complete {
			all.Ended++
			continue
		}
		open := snapshot.Task{Number: t.no, Type: t.kind, Created: t.created}
		if asked++; asked > othersOpen {
			open.Untold = fmt.Sprintf("only the newest %d open tasks of others are asked for their names", othersOpen)
		} else if err := openNames(ctx, s, &t, &open); err != nil {
			return nil, err
		}
		all.Open = append(all.Open, open)
	}
	slices.SortFunc(all.Open, func(a, b snapshot.Task) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// list returns the list of tasks, which is read once, since a time in this month or
// earlier.
func (o *Others) list(ctx context.Context, since time.Time) (taskList, error) {
	if o.current != nil {
		return o.current, nil
	}
	now := o.Clock.Now()
	since = earliest(since, earliest(now.Add(-orderWindow), planner.PeriodBegin(now)))
	list := make(taskList)
	if err := list.current(ctx, o.lists(), since.Add(-listZones)); err != nil {
		return nil, err
	}
	o.current = list
	return list, nil
}

// openNames asks which names an open task is still working on. An error says
// that no other task can be asked either.
func openNames(ctx context.Context, s lists, t *candidate, open *snapshot.Task) error {
	details, err := taskDetails(ctx, s, t.no)
	if ctx.Err() != nil || wire.StopsOperation(err) {
		return err
	}
	if err == nil {
		_, err = t.namesIn(details)
	}
	if err != nil {
		open.Untold = err.Error()
	}
	for i := range details {
		if name := details[i].DomainName; name != "" && !details[i].Status().Ended() {
			open.Names = append(open.Names, name)
		}
	}
	slices.Sort(open.Names)
	open.Names = slices.Compact(open.Names)
	return nil
}

// Orders returns what others have ordered since a time, or may have, without
// what failed. Where a task does not tell for which name, the order has none.
func (o *Others) Orders(ctx context.Context, since time.Time) ([]snapshot.Order, error) {
	list, err := o.list(ctx, since)
	if err != nil {
		return nil, err
	}
	list = maps.Clone(list)
	if err := list.history(ctx, o.lists(), since.Add(-listZones)); err != nil {
		return nil, err
	}
	others, err := list.unknown(ctx, o.Journal)
	if err != nil {
		return nil, err
	}
	orders, asked := []snapshot.Order{}, 0
	for _, t := range others {
		if !t.kind.MayOrder() || !t.created.IsZero() && t.created.Last.Before(since) {
			continue
		}
		order := snapshot.Order{Task: t.no, Type: t.kind, Created: t.created}
		if asked++; asked > othersOrders {
			orders = append(orders, order)
			continue
		}
		some, err := o.ordersOf(ctx, &t, order)
		if err != nil {
			return nil, err
		}
		orders = append(orders, some...)
	}
	return orders, nil
}

// ordersOf returns the orders of one task.
func (o *Others) ordersOf(ctx context.Context, t *candidate, order snapshot.Order) (orders []snapshot.Order, err error) {
	details, err := taskDetails(ctx, o.lists(), t.no)
	if ctx.Err() != nil || wire.StopsOperation(err) {
		return nil, err
	}
	if err == nil {
		_, err = t.namesIn(details)
	}
	if err != nil { // it may be for any name
		orders = append(orders, order)
	}
	for i := range details {
		if status := details[i].Status(); details[i].DomainName != "" && status != wire.DetailFailure {
			order.Domain, order.Ended = details[i].DomainName, status == wire.DetailSuccess
			orders = append(orders, order)
		}
	}
	return orders, nil
}
