package reader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// mostDrifted is of how many names that have drifted the change log is asked: one call
// each. Of more than that somebody looks at the log itself.
const mostDrifted = 200

// FetchDrift asks the change log who has changed what a plan calls a drift, and says so
// in the plan. Where the log tells nothing the drift stays one: nothing rests on it.
func FetchDrift(ctx context.Context, r LogReader, p *planner.Plan) error {
	drifted := p.Drifted()
	names := slices.Sorted(maps.Keys(drifted))
	if n := len(names); n > mostDrifted {
		names = names[:mostDrifted]
		warnUntold(p, fmt.Sprintf("%d names have drifted, and the change log was asked of the first %d of them. domainsync log shows all.", n, mostDrifted))
	}
	var mu sync.Mutex
	var failed error
	tasks := pool.New().WithMaxGoroutines(defaultParallel).WithContext(ctx)
	for _, name := range names {
		tasks.Go(func(ctx context.Context) error {
			entries, err := entriesOf(ctx, r, &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: logPage, DomainName: name, StartDate: drifted[name]})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return ctx.Err()
			}
			p.TellDrift(name, entries)
			return nil
		})
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	if failed != nil {
		warnUntold(p, "The change log could not be read: "+wire.Reason(failed)+".")
	}
	return nil
}

// warnUntold says that the plan does not tell of all drifts who has made them.
func warnUntold(p *planner.Plan, detail string) {
	p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{Severity: planner.SeverityWarning, Summary: "It is not known of all drifts who has made them", Detail: detail})
}

// entriesOf reads the entries that a query of the change log shows.
func entriesOf(ctx context.Context, r LogReader, req *wire.QueryChangeLogListRequest) (all []wire.ChangeLog, err error) {
	for ; req.PageNum <= logPages; req.PageNum++ {
		page, err := r.QueryChangeLogList(ctx, req)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if len(page.Data) == 0 || req.PageNum >= page.TotalPageNum && len(all) >= page.TotalItemNum {
			break
		}
	}
	return all, nil
}

// NameLog returns the entries of the change log about a name since a time, as far as one
// query shows them.
func NameLog(ctx context.Context, r LogReader, name string, since time.Time) ([]wire.ChangeLog, error) {
	entries, err := entriesOf(ctx, r, &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: logPage, DomainName: name, StartDate: since})
	if err != nil {
		return nil, err
	}
	of := func(e wire.ChangeLog) bool { return e.DomainName != "" && e.DomainName != name }
	return append([]wire.ChangeLog{}, slices.DeleteFunc(entries, of)...), nil
}
