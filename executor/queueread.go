package executor

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// poller says when the queue of results is looked at.
type poller struct {
	interval time.Duration
	next     time.Time
	reading  *queueReading // under way; nil: none
	held     []string      // details that it has recorded: acknowledged later, they do not move its pages
}

// A queueReading is one reading of the queue of results, page by page: the whole
// queue or, where that takes fewer calls because others crowd it, the results of
// each task. So many results as the tasks can have are read, whatever the service
// says of how many there are. The results of a page are recorded before the next
// one is asked for, so that a long queue is never held as a whole.
type queueReading struct {
	tasks []string // open when it began; where each is asked for, those that are left
	one   bool     // each task is asked for

	no   string // the task that is asked for; "": all of the queue
	page int    // the last one that was asked for
	most int    // pages
	read int    // details
	seed maphash.Seed
	seen map[uint64]struct{} // hashes of the details: a page without a new one is the last

	fresh int // results that were not recorded before
}

// pollDue looks at the queue of results where it is time to.
func (e *engine) pollDue(ctx context.Context, now time.Time) time.Time {
	if len(e.open) == 0 || e.poll.reading != nil {
		return time.Time{}
	}
	if e.poll.next.After(now) {
		return e.poll.next
	}
	r := &queueReading{most: 1 + len(e.open), tasks: make([]string, 0, len(e.open)), seed: maphash.MakeSeed(), seen: make(map[uint64]struct{})}
	for no := range e.open {
		r.tasks = append(r.tasks, no)
	}
	e.poll.reading = r
	e.readPage(ctx, r)
	return time.Time{}
}

// readPage asks for the next page.
func (e *engine) readPage(ctx context.Context, r *queueReading) {
	r.page++
	req := &wire.PollTaskResultRequest{PageNum: r.page, PageSize: pollPage, TaskNo: r.no}
	e.callReadOnly(ctx, func(ctx context.Context) event {
		page, err := e.cfg.Service.PollTaskResult(ctx, req)
		interrupted := ctx.Err()
		return func(ctx context.Context) error {
			if err != nil {
				return e.polled(r, err)
			}
			return e.pageRead(ctx, r, page, interrupted)
		}
	})
}

// pageRead records what a page holds, and goes on to the next one, unless the run
// was interrupted meanwhile, or ends.
func (e *engine) pageRead(ctx context.Context, r *queueReading, page *wire.PollTaskResultResponse, interrupted error) error {
	details := r.add(page)
	fresh, err := e.settle(ctx, details)
	if r.fresh += fresh; err != nil {
		return err
	}
	switch {
	case !r.goOn(page, len(details) > 0):
		return e.polled(r, nil)
	case interrupted != nil:
		return e.polled(r, interrupted)
	}
	e.readPage(ctx, r)
	return nil
}

// add returns what is new of a page.
func (r *queueReading) add(page *wire.PollTaskResultResponse) (details []detail) {
	for i := range page.Data {
		d := &page.Data[i]
		key := maphash.Comparable(r.seed, [3]string{d.TaskNo, d.TaskDetailNo, d.DomainName})
		if _, old := r.seen[key]; !old {
			r.seen[key] = struct{}{}
			details = append(details, detail{*d, page.RequestID})
		}
	}
	r.read += len(details)
	return details
}

// goOn reports whether a page follows, and of what. The whole queue is given up
// where the service says that it has more pages than are wanted.
func (r *queueReading) goOn(page *wire.PollTaskResultResponse, fresh bool) bool {
	switch crowded := !r.one && page.TotalPageNum > r.most; {
	case !crowded && fresh && more(page.Paged, r.page, len(page.Data), pollPage, r.read):
		if r.page < r.most {
			return true
		}
	case !crowded && !r.one:
		return false // that was the whole queue
	}
	if len(r.tasks) == 0 {
		return false
	}
	r.no, r.tasks = r.tasks[0], r.tasks[1:]
	r.one, r.page, r.most, r.read = true, 0, 2, 0
	clear(r.seen)
	return true
}

// polled ends a reading. The queue is read again the later, the longer nothing
// comes.
func (e *engine) polled(r *queueReading, pollErr error) error {
	e.poll.reading, e.sawResults = nil, true
	e.acks.queue, e.poll.held = append(e.acks.queue, e.poll.held...), nil
	if e.poll.interval = min(e.poll.interval*3/2, e.cfg.Timing.PollMost); r.fresh > 0 {
		e.poll.interval = e.cfg.Timing.PollFirst
	}
	e.poll.next = e.now().Add(e.poll.interval)
	if pollErr == nil {
		return nil
	}
	return e.stopIfUnreadable("results cannot be read", pollErr)
}
