package fleet

import (
	"context"
	"time"

	"github.com/sourcegraph/conc"
)

// A Carrier brings jobs that are due to the workers of one process or of many. It decides
// nothing: the table says whether a job that was brought may be run, and by whom. So it
// may bring one twice, late or when it is not due any more, and where it loses one, a
// later look has it brought again.
type Carrier interface {
	// Start begins to bring jobs to the workers of this process.
	Start(ctx context.Context, w Workers) error
	// Look has what is due brought to somebody. Next is when to look again at the
	// latest; zero: when something changes.
	Look(ctx context.Context, c Claim) (next time.Time, err error)
	// Stop brings nothing any more, and returns when the runs that began here have
	// ended.
	Stop()
}

// Workers are those of a process.
type Workers struct {
	Max int // runs side by side
	// Begin takes the turn of a job, or of the most urgent one where it is "". Run makes
	// the run and returns when it has ended; nil: there is no turn to be taken, and next
	// is when there may be one.
	Begin func(job string) (run func(), next time.Time, err error)
	// Freed is to be called when there is room for one more run.
	Freed func()
}

// direct is the carrier of a process that works alone: a look begins the runs.
type direct struct {
	workers Workers
	slots   chan struct{}
	group   conc.WaitGroup
}

// Start is [Carrier.Start].
func (d *direct) Start(_ context.Context, w Workers) error {
	d.workers, d.slots = w, make(chan struct{}, w.Max)
	return nil
}

// Look is [Carrier.Look].
func (d *direct) Look(context.Context, Claim) (time.Time, error) {
	for {
		select {
		case d.slots <- struct{}{}:
		default:
			return time.Time{}, nil // the next run that ends makes room
		}
		run, next, err := d.workers.Begin("")
		if run == nil {
			<-d.slots
			return next, err
		}
		d.group.Go(func() {
			defer func() { <-d.slots; d.workers.Freed() }()
			run()
		})
	}
}

// Stop is [Carrier.Stop].
func (d *direct) Stop() { d.group.Wait() }
