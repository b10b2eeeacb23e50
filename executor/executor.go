// Package executor carries out plans: it sends their steps in batches, follows
// the tasks, and proves what became of them.
//
// One goroutine owns the state of a run and decides; calls to the service run
// beside it and come back as events. What is about to happen, and what has
// happened, is in the journal before anything else follows from it.
package executor

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

// Service is what a run asks of the service. It bounds its own rate, and sends
// again by itself what certainly was not executed.
type Service interface {
	// Submit sends a request that saves a task.
	Submit(context.Context, wire.Request) (*wire.TaskResponse, error)
	// Do sends any other request and reads its answer.
	Do(context.Context, wire.Request, wire.Response) error
	PollTaskResult(context.Context, *wire.PollTaskResultRequest) (*wire.PollTaskResultResponse, error)
	AcknowledgeTaskResult(context.Context, *wire.AcknowledgeTaskResultRequest) (*wire.AcknowledgeTaskResultResponse, error)
	QueryTaskList(context.Context, *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error)
	QueryTaskInfoHistory(context.Context, *wire.QueryTaskInfoHistoryRequest) (*wire.QueryTaskInfoHistoryResponse, error)
	QueryTaskDetailList(context.Context, *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error)
	QueryTaskDetailHistory(context.Context, *wire.QueryTaskDetailHistoryRequest) (*wire.QueryTaskDetailHistoryResponse, error)
}

// Read reads facts of some names, of each its own. A read that fails is among
// the state's failures; an error says that nothing could be read.
type Read func(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error)

// ReadList reads a list of all names once, by the operation that lists them, and
// tells what its rows say of the names that are wanted, some at a time, from one
// goroutine at a time. It may tell of a name twice, or not at all.
type ReadList func(ctx context.Context, operation string, wanted func(name string) bool, take func([]snapshot.Domain)) error

// A Proof says which steps of a name a reading of it verifies.
type Proof struct {
	Batch   int64     // the last batch of the journal that is about the name
	Changes int       // how many steps
	Since   time.Time // when the first of them was sent
}

// Config is what a run works with.
type Config struct {
	Service Service
	Read    Read
	Journal *journal.Journal
	// ReadList reads what was changed again where that takes fewer calls than
	// Read. Nil: it is never read.
	ReadList ReadList
	// Keep is given names that were read to verify all that was sent for them, and
	// show it. Nil: nobody keeps them.
	Keep func(ctx context.Context, began time.Time, live *snapshot.Account, proofs map[string]Proof)
	// Names is how many names the account has, as it was last heard; 0: nobody
	// knows, and the list is not read.
	Names int
	// Today returns what a plan of some names follows from now, but for the
	// history, which is the journal's: orders that were planned a while ago, or
	// by a run that is resumed, are planned again before they leave. Nil: none
	// of them leaves.
	Today func(ctx context.Context, names []string) (planner.Input, error)

	// TransferKey returns the key with which a name is transferred into the account,
	// "" where it is not known. It is put into a request as that is sent, and nothing
	// else has it. Nil: none is known, as where a run is resumed.
	TransferKey func(name string) string

	// Admit returns, by their ID, which of the changes of a run that is resumed today's
	// files and the operator's policy forbid, and why. Nil: none.
	Admit func([]*attr.Change) map[string]string

	// Stop asks for an orderly end when it is closed: nothing more is sent but
	// the locks that are owed, and what was sent is settled. The end of the
	// context stops at once.
	Stop <-chan struct{}
	// BatchSize is the most names in one call; 0: what the operation takes.
	BatchSize int
	// PageSize is that of lists for which the service states no most; 0: 200.
	PageSize int
	// MaxFailures stops sending after so many failed changes; nil: never.
	MaxFailures *int
	// PlanID identifies a saved plan, which is applied once; "": [PlanID].
	PlanID string
	// Command is the name of the command, and Actor who has given it, as they are
	// recorded of a new run. FollowsRun is the run whose plan has announced the changes
	// of the new one; 0: none has.
	Command    string
	Actor      journal.Actor
	FollowsRun int64

	// ServiceClock tells how the local clock and the service's stand: signatures
	// live longer where the local one is ahead, and nothing is ordered where the
	// two are apart or the service's time is not known. Nil: the clocks are one.
	ServiceClock *clock.Remote

	Clock  clock.Clock  // of all times and waits; the zero value is the system's
	Log    *slog.Logger // nil: none
	Events func(Event)  // nil: nobody is told; called by one goroutine
	Timing Timing
}

// lists is a service whose lists of tasks are read in pages of a size.
type lists struct {
	Service
	pageSize int
}

// listsOf is a service whose lists are read in pages of a size; 0: the default.
func listsOf(s Service, pageSize int) lists { return lists{s, cmp.Or(pageSize, defaultPageSize)} }

func (c Config) lists() lists { return listsOf(c.Service, c.PageSize) }

// Timing holds the times that a run waits. Zero values get the defaults.
type Timing struct {
	// BatchWait is how long a step waits for others to share its call.
	BatchWait time.Duration
	// PollFirst and PollMost bound the interval between looks at the queue of
	// results; it grows while nothing comes.
	PollFirst, PollMost time.Duration
	// Silence is how long a task says nothing before it is looked at by itself.
	Silence time.Duration
	// HangAfter is when a task that says nothing is given up as in doubt.
	HangAfter time.Duration
	// OrderHangAfter is the same for orders, which take longer.
	OrderHangAfter time.Duration
	// OrderWait is how long a run waits for the end of an order. After that a
	// later run reads how it ended.
	OrderWait time.Duration
	// SubmitWithin is how long a request may wait for its turn and be tried.
	SubmitWithin time.Duration
	// QuietPeriod is how long after the Timestamp of its intent a request whose
	// answer was lost can still be taken: the life of its signature.
	QuietPeriod time.Duration
	// ClockTolerance is how far the service's clock may be off: the most with
	// which it takes a signature.
	ClockTolerance time.Duration
	// RetryDelay is how long to wait before something is sent again.
	RetryDelay time.Duration
	// VerifyDelay is how long to wait for a change to show in the live state.
	VerifyDelay time.Duration
}

// defaults fills in what is not set.
func (t Timing) defaults() Timing {
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{
		{&t.BatchWait, 2 * time.Second},
		{&t.PollFirst, time.Second},
		{&t.PollMost, 15 * time.Second},
		{&t.Silence, time.Minute},
		{&t.HangAfter, 30 * time.Minute},
		{&t.OrderHangAfter, orderHangAfter},
		{&t.OrderWait, 10 * time.Minute},
		{&t.SubmitWithin, 5 * time.Minute},
		{&t.QuietPeriod, wire.SignatureLife},
		{&t.ClockTolerance, 15 * time.Minute},
		{&t.RetryDelay, 5 * time.Second},
		{&t.VerifyDelay, 5 * time.Second},
	} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	return t
}

func (c Config) defaults() Config {
	c.Timing = c.Timing.defaults()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Events == nil {
		c.Events = func(Event) {}
	}
	return c
}

const (
	// parallel is the most requests, and the most acknowledgements, under way
	// at once. The service's limits pace them.
	parallel = 16
	// maxAttempts is how often a process sends a step at most.
	maxAttempts = 4
	// pollPage is the most results in one answer.
	pollPage = 1000
	// orderHangAfter is when an order without a result is in doubt.
	orderHangAfter = 24 * time.Hour
)

// Progress says how far a run is. It is told often, and only the last one counts.
type Progress struct {
	Steps        int       // planned in all
	Sent         int       // steps that left
	Settled      int       // steps with a result
	Acknowledged int       // results taken off the queue
	Verified     int       // names that were read again
	Failed       int       // steps
	InDoubt      int       // steps
	NotSent      int       // steps that will not be sent
	Tasks        int       // open
	Reading      bool      // all has ended, and what was changed is being read again
	Until        time.Time // what is waited for, zero for nothing in particular
	Waiting      string    // what is waited for
	// Left is how long it still takes, as far as anybody can tell; 0: nobody can.
	Left time.Duration
}
