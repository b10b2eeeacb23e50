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
	// Begin takes the turn of a job. Run makes the run and returns when it has ended; nil:
	// there is no turn to be taken.
	Begin func(job string) (run func(), err error)
	// Freed is to be called when there is room for one more run.
	Freed func()
}

// direct is the carrier of a process that works alone: a look begins the runs.
type direct struct {
	table   Table
	workers Workers
	slots   chan struct{}
	group   conc.WaitGroup
}

// Start is [Carrier.Start].
func (d *direct) Start(_ context.Context, w Workers) error {
	d.workers, d.slots = w, make(chan struct{}, w.Max)
	return nil
}

// Look is [Carrier.Look]. All that is due is read once, and then each job by itself: many
// may be due at one time.
func (d *direct) Look(ctx context.Context, c Claim) (time.Time, error) {
	if len(d.slots) == cap(d.slots) {
		return time.Time{}, nil // the next run that ends makes room
	}
	due, next, err := d.table.Due(ctx, c)
	if err != nil {
		return next, err
	}
	for _, job := range due {
		select {
		case d.slots <- struct{}{}:
		default:
			return time.Time{}, nil
		}
		run, err := d.workers.Begin(job.Name)
		if err != nil {
			<-d.slots
			return time.Time{}, err
		}
		if run == nil { // somebody else was faster
			<-d.slots
			continue
		}
		d.group.Go(func() {
			defer func() { <-d.slots; d.workers.Freed() }()
			run()
		})
	}
	return next, nil
}

// Stop is [Carrier.Stop].
func (d *direct) Stop() { d.group.Wait() }
