package reader

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// eachPage reads a list page by page, until take has seen enough. It is an error
// where the list is not whole: see [wire.Pager].
func eachPage[R wire.Request, A wire.Response](ctx context.Context, r R, call func(context.Context, R) (A, error), take func(A) (enough bool)) error {
	for p := wire.NewPager(r, 0); p.Next() != nil; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		answer, err := call(ctx, p.Next().(R))
		if err != nil {
			return err
		}
		if take(answer) {
			return nil
		}
		if err := p.Take(answer); err != nil {
			return err
		}
	}
	return nil
}
