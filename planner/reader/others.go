package reader

import (
	"context"

	"github.com/domainsync/domainsync/planner"
)

// history is what the journal tells the plan. Tasks of others are asked for where
// somebody can tell them from one's own.
func (f *fetcher) history() planner.History {
	h := f.History
	h.Memory.TellsTasks = f.Others != nil
	return h
}

func (f *fetcher) othersTasks(ctx context.Context, _ *accountRow) (err error) {
	f.live.Tasks, err = f.Others.Tasks(ctx)
	return err
}

func (f *fetcher) pastOrders(ctx context.Context, _ *accountRow) (err error) {
	f.live.Orders, err = f.Others.Orders(ctx, planner.PeriodBegin(f.live.ReadAt))
	return err
}
