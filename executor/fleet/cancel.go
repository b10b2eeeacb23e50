package fleet

import (
	"context"
	"sync"
)

// An ending is closed when a run is to end in order.
type ending struct {
	once sync.Once
	stop chan struct{}
}

func newEnding() *ending { return &ending{stop: make(chan struct{})} }

func (e *ending) begin() { e.once.Do(func() { close(e.stop) }) }

// looksPerLease is how often, while a lease lasts, it is looked whether somebody wants a
// run to end.
const looksPerLease = 10

// watchEnd begins the end of a run when its process is to end, or when somebody has said
// that the run is to: an act in the table says so, whichever process it came to.
func (r *Runner) watchEnd(ctx context.Context, turn *Turn, end *ending, stop, over <-chan struct{}) {
	for {
		fired, release := r.Clock.NewTimer(r.Lease / looksPerLease)
		select {
		case <-stop:
			release()
			end.begin()
			return
		case <-over:
			release()
			return
		case <-ctx.Done():
			release()
			return
		case <-fired:
		}
		acts, err := r.Table.Acts(ctx, ActQuery{Job: turn.Job, Deed: DeedCancel, Limit: 1})
		if err != nil || len(acts) == 0 || acts[0].Run != turn.Run {
			continue // a table that cannot be used says so where the lease is renewed
		}
		r.Log.Info("the run is to end in order, as somebody asks", "job", turn.Job, "run", turn.Run, "by", acts[0].By)
		end.begin()
		return
	}
}
