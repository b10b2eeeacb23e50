package reader

import (
	"context"

	"github.com/domainsync/domainsync/planner"
)

// memory is what the journal is, as far as tasks of others can be told from one's
// own.
func (f *fetcher) memory() planner.Memory {
	m := f.Memory
	m.TellsTasks = f.Others != nil
	return m
}

func (f *fetcher) othersTasks(ctx context.Context, _ *accountRow) (err error) {
	f.live.Tasks, err = f.Others.Tasks(ctx)
	return err
}

func (f *fetcher) pastOrders(ctx context.Context, _ *accountRow) (err error) {
	f.live.Orders, err = f.Others.Orders(ctx, planner.PeriodBegin(f.live.ReadAt))
	return err
}
