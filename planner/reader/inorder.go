package reader

import (
	"context"
	"sync"

	"github.com/sourcegraph/conc/pool"
)

// inOrder calls a function with the numbers below n, of which it begins the lower
// ones first, as many side by side as are allowed. It returns the error of the
// lowest that fails, whichever is the first to: what a run ends with does not
// depend on the network. After an error none of the higher ones begins any more,
// and those under way end by their context.
func inOrder(ctx context.Context, n, parallel int, f func(ctx context.Context, i int) error) error {
	var mu sync.Mutex // guards all below
	var failure error
	failed, under := n, make(map[int]context.CancelFunc)
	begin := func(ctx context.Context, i int) (context.Context, context.CancelFunc) {
		mu.Lock()
		defer mu.Unlock()
		ctx, cancel := context.WithCancel(ctx)
		if under[i] = cancel; i > failed {
			cancel()
		}
		return ctx, cancel
	}
	end := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		delete(under, i)
		if err == nil || i > failed {
			return
		}
		failed, failure = i, err
		for other, cancel := range under {
			if other > i {
				cancel()
			}
		}
	}
	stopped := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return failure != nil
	}
	p := pool.New().WithMaxGoroutines(parallel)
	for i := range n {
		if stopped() {
			break
		}
		p.Go(func() {
			ctx, cancel := begin(ctx, i)
			defer cancel()
			if ctx.Err() == nil {
				end(i, f(ctx, i))
			} else {
				end(i, ctx.Err())
			}
		})
	}
	p.Wait()
	return failure
}
