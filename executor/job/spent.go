package job

import (
	"errors"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// stateSpent records what others have spent in this month: what they have ordered
// until now is counted with that, and at today's prices no more. The same
// statement, made again, is not recorded again: it says nothing of what was
// ordered meanwhile.
func (r *run) stateSpent(amount *attr.Amount) error {
	if amount == nil {
		return nil
	}
	b, now := r.Portfolio.Budget, r.Clock.Now()
	if b == nil {
		return errors.New("--spent says what of a budget is spent, and the files have no budget block")
	}
	last, err := r.journal.LastSpent(r.soft)
	if err != nil {
		return err
	}
	begin := planner.PeriodBegin(now)
	if last != nil && last.Amount == int64(*amount) && last.Currency == b.Currency && !last.At.Before(begin) {
		return nil
	}
	orders, err := r.others(r.journal).Orders(r.soft, begin)
	if err != nil {
		return fmt.Errorf("--spent is about what others have ordered, which cannot be read: %w", err)
	}
	tasks := make([]string, len(orders))
	for i := range orders {
		tasks[i] = orders[i].Task
	}
	slices.Sort(tasks)
	return r.journal.StateSpent(r.soft, journal.Spent{Amount: int64(*amount), Currency: b.Currency, Tasks: slices.Compact(tasks), At: now})
}
