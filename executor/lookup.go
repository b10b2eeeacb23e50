package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// A lostAnswer is a batch that was sent, or was about to be, and whose task
// nobody knows.
type lostAnswer struct {
	batch    *batch
	next     time.Time // its task is looked for
	searched time.Time // when the last search for it began
	tries    int
}

// wanted describes the task of a batch without an answer.
type wanted struct {
	batch     int64
	operation *wire.Operation
	names     []string // sorted
	from, to  time.Time
	owed      bool
}

// has reports whether the batch is about a name.
func (w *wanted) has(name string) bool {
	_, ok := slices.BinarySearch(w.names, name)
	return ok
}

// lookupTries is how often a search or a read that fails is made.
const lookupTries = 8

// lookFor has the task of a batch without an answer looked for.
func (e *engine) lookFor(u *lostAnswer) {
	e.lostAnswers = append(e.lostAnswers, u)
	e.lostWake = time.Time{}
}

// findDue looks for the tasks of batches without an answer when it is time to.
// One reading of the service's lists serves all of them. While none of them is due
// they are not gone through again: a service in trouble leaves thousands.
func (e *engine) findDue(ctx context.Context, now time.Time) (wake time.Time) {
	if e.lostWake.After(now) && !e.skipUncertain {
		return e.lostWake
	}
	e.waiting, e.waitingUntil, e.lostWake = "", time.Time{}, time.Time{}
	var due []*lostAnswer
	inTheWay := false
	for _, u := range e.lostAnswers {
		e.lostLooks++
		if until := e.quietAfter(u); until.After(e.waitingUntil) {
			e.waitingUntil = until
			e.waiting = "a request without an answer, which may take effect until " + until.Format("15:04:05") + " (interrupting is safe)"
		}
		if (!u.next.After(now) || e.skipUncertain) && !e.sameRequestInFlight(u) {
			due = append(due, u)
		} else if u.next.After(now) {
			wake = earliest(wake, u.next)
		} else {
			inTheWay = true // when that request ends nobody knows
		}
	}
	if len(due) == 0 && !inTheWay {
		e.lostWake = wake
	}
	if len(due) == 0 || e.finding {
		return wake
	}
	all := make([]wanted, len(due))
	for i, u := range due {
		all[i], u.searched = e.wanted(u.batch), now
	}
	e.finding = true
	e.callReadOnly(ctx, func(ctx context.Context) event {
		list, err := listWanted(ctx, e.cfg.lists(), all)
		return func(ctx context.Context) error { return e.listed(ctx, due, all, list, err) }
	})
	return time.Time{}
}

// listed goes on when the tasks are listed that could be those of the wanted
// batches: which of them are others', or were saved meanwhile, the journal knows.
func (e *engine) listed(ctx context.Context, due []*lostAnswer, all []wanted, list taskList, err error) error {
	var known map[string]string
	if err == nil {
		known, err = e.cfg.Journal.KnownTasks(ctx, slices.Collect(maps.Keys(list)))
	}
	if err != nil {
		return e.found(ctx, due, search{}, err)
	}
	maps.DeleteFunc(list, func(no string, _ candidate) bool { return known[no] != "" })
	e.callReadOnly(ctx, func(ctx context.Context) event {
		found, err := findTasks(ctx, e.cfg.lists(), list, all)
		return func(ctx context.Context) error { return e.found(ctx, due, found, err) }
	})
	return nil
}

// quietAfter returns when, by the run's clock, the request of a batch without an
// answer can no longer take effect.
func (e *engine) quietAfter(u *lostAnswer) time.Time {
	return e.takesEffectBefore(u.batch.record).Add(e.aheadOfService())
}

// settling is the part of a quiet period for which the service may still work on a
// request that it took in the last moment. Clocks agree to a second within it.
const settling = 30

// takesEffectBefore returns when, by the service's clock, the request of a batch can
// no longer take effect, whoever sent it and however late it arrives: no attempt of
// it was signed with a later time than the intent records. Former programs signed
// each attempt by itself, as long as they tried.
func (e *engine) takesEffectBefore(b *journal.Batch) time.Time {
	t := e.cfg.Timing
	quiet := t.QuietPeriod + t.QuietPeriod/settling
	if !b.Timestamp.IsZero() {
		return b.Timestamp.Add(quiet)
	}
	last := b.At.Add(t.SubmitWithin)
	if n := len(b.Outcomes); n > 0 {
		last = earliest(last, b.Outcomes[n-1].At)
	}
	if e.cfg.ServiceClock != nil {
		skew, _ := e.cfg.ServiceClock.Skew() // a clock that is ahead signs requests that live longer
		last = last.Add(max(skew, 0))
	}
	return last.Add(quiet)
}

// aheadOfService returns how far the run's clock is ahead of the service's, by the
// last answer.
func (e *engine) aheadOfService() time.Duration {
	c := e.cfg.ServiceClock
	if c == nil {
		return 0
	}
	skew, known := c.Skew()
	if !known {
		return 0
	}
	return max(e.now().Sub(c.Local().Now())+skew, 0)
}

// sameRequestInFlight reports whether a request of the same operation and names
// is under way: its task could be mistaken for the one that is looked for.
func (e *engine) sameRequestInFlight(u *lostAnswer) bool {
	for b := range e.requestsInFlight {
		if b.record.Operation == u.batch.record.Operation && slices.Equal(b.record.Names, u.batch.record.Names) {
			return true
		}
	}
	return false
}

func (e *engine) wanted(b *batch) wanted {
	r := b.record
	names := slices.Clone(r.Names)
	slices.Sort(names)
	t := e.cfg.Timing
	return wanted{
		batch: r.Batch, operation: wire.Lookup(r.Operation), names: names,
		from: r.At.Add(-t.ClockTolerance), to: e.takesEffectBefore(r).Add(t.ClockTolerance),
		owed: b.nodes[0].Owed,
	}
}

// found decides what follows from a search. One match is the task. Several
// cannot be told apart. None means that the request had no effect, but only
// where the search began when it could have none any more.
func (e *engine) found(ctx context.Context, due []*lostAnswer, f search, findErr error) error {
	e.finding = false
	if errors.Is(findErr, context.Canceled) && e.skipUncertain && ctx.Err() == nil {
		return nil // by the interrupt, after which one more search is made
	}
	if findErr != nil {
		if err := e.stopIfUnreadable("the service's tasks cannot be read", findErr); err != nil {
			return err
		}
	}
	gone := make(map[*lostAnswer]bool, len(due))
	for _, u := range due {
		gone[u] = true
	}
	e.lostAnswers = slices.DeleteFunc(e.lostAnswers, func(u *lostAnswer) bool { return gone[u] })
	for _, u := range due {
		// Answers may have come since the search began.
		batch := u.batch.record.Batch
		others := slices.DeleteFunc(f.tasks[batch], func(no string) bool { return e.l.Task(no) != nil })
		if err := e.foundOne(ctx, u, others, cmp.Or(findErr, f.unclear[batch])); err != nil {
			return err
		}
	}
	return nil
}

// foundOne decides about one batch. What was not understood, or could not be
// read, may be its task.
func (e *engine) foundOne(ctx context.Context, u *lostAnswer, tasks []string, unread error) error {
	now := e.now()
	quiet := e.quietAfter(u)
	u.tries++
	switch {
	case unread == nil && len(tasks) == 1:
		e.cfg.Log.Info("found the task of a request without an answer", "task", tasks[0], "operation", u.batch.record.Operation)
		return e.submitted(ctx, u.batch, journal.Submission{Batch: u.batch.record.Batch, Task: tasks[0], Adopted: true, At: now})
	case e.skipUncertain:
		e.suspend(u, now)
	case unread != nil && u.tries >= lookupTries && now.After(quiet),
		unread == nil && len(tasks) == 0 && !u.searched.Before(quiet),
		unread == nil && len(tasks) > 1:
		e.readBack(ctx, u, tasks, unread)
	default:
		if u.tries == 1 {
			e.cfg.Log.Warn("a request without an answer may still take effect; other work goes on, and interrupting is safe",
				"operation", u.batch.record.Operation, "names", len(u.batch.nodes), "until", quiet)
		}
		u.next = earliest(now.Add(e.cfg.Timing.RetryDelay<<min(u.tries, 6)), quiet)
		if errors.Is(unread, errEndless) {
			u.tries, u.next = lookupTries, quiet.Add(time.Second) // one last time
		}
		if !u.next.After(now) {
			u.next = now.Add(e.cfg.Timing.RetryDelay)
		}
		e.lookFor(u)
	}
	return nil
}

// suspend ends the steps of a batch without an answer in an interrupted run.
// The journal keeps the intent, and the next run looks for its task.
func (e *engine) suspend(u *lostAnswer, now time.Time) {
	for _, n := range u.batch.nodes {
		e.g.finish(n, endDoubt, "the request has no answer, and the run was interrupted before its task was found", now)
	}
}

// readBack asks the live state where no single task tells what became of a
// request.
func (e *engine) readBack(ctx context.Context, u *lostAnswer, tasks []string, unread error) {
	changes := make([]*attr.Change, len(u.batch.nodes))
	for i, n := range u.batch.nodes {
		changes[i] = n.change
	}
	e.call(ctx, func(ctx context.Context) event {
		live, err := e.cfg.Read(ctx, changeFacts(changes))
		return func(ctx context.Context) error {
			return e.readBackDone(ctx, u, uncertaintyReason(tasks, unread), live, err)
		}
	})
}

// readBackDone concludes from the live state. Where it shows what was asked
// for, the step is done. Where it shows what was before, and there is no task,
// the step is not done and may be sent again. Anything else stays in doubt.
func (e *engine) readBackDone(ctx context.Context, u *lostAnswer, unclear string, live *snapshot.Account, readErr error) error {
	now := e.now()
	if readErr != nil && u.tries < lookupTries {
		u.next = now.Add(e.cfg.Timing.RetryDelay)
		e.lookFor(u)
		return nil
	}
	conclusions, read := make([]journal.Conclusion, 0, len(u.batch.nodes)), newReading(live, readErr)
	for _, n := range u.batch.nodes {
		c := journal.Conclusion{Batch: u.batch.record.Batch, Step: n.ID, At: now}
		c.Verdict, c.Reason = verdictOf(n, unclear, read)
		conclusions = append(conclusions, c)
	}
	if err := e.l.Conclude(ctx, newConclusions(u.batch.record, conclusions)); err != nil {
		return err
	}
	for i, n := range u.batch.nodes {
		switch c := conclusions[i]; {
		case c.Verdict == journal.FoundDone:
			e.g.finish(n, endDone, "", now)
		case c.Verdict == journal.FoundNothing:
			e.cfg.Log.Error("in doubt", "domain", n.name(), "step", n.ID, "why", c.Reason)
			e.g.finish(n, endDoubt, c.Reason, now)
		case e.retry(n, 0, now):
		case e.stopping != "":
			e.g.finish(n, endNotSent, e.stopping, now)
		default:
			e.fail(n, now)
		}
	}
	return nil
}

// newConclusions leaves out what was concluded before.
func newConclusions(b *journal.Batch, conclusions []journal.Conclusion) []journal.Conclusion {
	return slices.DeleteFunc(slices.Clone(conclusions), func(c journal.Conclusion) bool {
		old, ok := b.Conclusion(c.Step)
		return ok && old.Verdict == c.Verdict
	})
}

// uncertaintyReason says why a request may have had an effect, "" where nothing
// points to one.
func uncertaintyReason(tasks []string, unread error) string {
	switch {
	case unread != nil:
		return fmt.Sprintf("the request has no answer, and whether it was executed cannot be found out: %v; %s", unread, abandonAdvice)
	case len(tasks) > 1:
		return fmt.Sprintf("the request has no answer, and several tasks could be its own: %s. domainsync tasks show tells what they did; %s", strings.Join(tasks, ", "), abandonAdvice)
	}
	return ""
}

// verdictOf says what the live state tells of a step. It never says "not done"
// while it is unclear whether the step has a task.
func verdictOf(n *node, unclear string, read *reading) (journal.Verdict, string) {
	before, after := expected(n)
	got, ok := read.observe(n.change)
	switch {
	case forgotten(n.change):
		return journal.FoundNothing, "the request has no answer, no task of it was found, and " + forgottenReason + "; " + abandonAdvice
	case !ok:
		return journal.FoundNothing, "the request has no answer, no task of it was found, and the name cannot be read"
	case equal(got, after):
		return journal.FoundDone, "the live state shows it"
	case n.Owed:
		return journal.FoundNotDone, "the live state does not show it, and to do it twice does no harm"
	case pending(n.change, read.live) != "":
		return journal.FoundNothing, "the request has no answer, and " + pending(n.change, read.live)
	case unclear != "":
		return journal.FoundNothing, unclear
	case equal(got, before):
		return journal.FoundNotDone, "no task of it was found, and the live state is what it was"
	}
	return journal.FoundNothing, fmt.Sprintf("the request has no answer, no task of it was found, and the live value is neither the old nor the new one: %s; %s", attr.Public(got), abandonAdvice)
}

// abandonAdvice is what a person can do where later runs will hardly find out
// more.
const abandonAdvice = "if that does not change, close the run with domainsync resume --abandon and plan again"

// expected returns the value of the attribute before and after a step.
func expected(n *node) (before, after attr.Value) {
	at := slices.IndexFunc(n.change.Steps, func(s attr.Step) bool { return s.ID == n.ID })
	return attr.Lookup(n.change.Attribute).Stage(n.change, at)
}

// A reading is what was read of some names, or why it could not be.
type reading struct {
	live     *snapshot.Account // nil: nothing
	err      error
	observer *attr.Observer
	failures map[string]string // the first of each name; nil: nobody has asked yet
}

func newReading(live *snapshot.Account, err error) *reading {
	return &reading{live: live, err: err, observer: attr.NewObserver(live)}
}

// observe returns the live value of a change's attribute, where it was read.
func (r *reading) observe(c *attr.Change) (attr.Value, bool) {
	if r.err != nil || r.live == nil || forgotten(c) {
		return nil, false
	}
	return r.observer.Observe(c)
}

// whyUnobserved says why the live value of a change's attribute is not known, or
// has nothing to be compared with.
func (r *reading) whyUnobserved(c *attr.Change) string {
	if forgotten(c) {
		return forgottenReason
	}
	return r.whyUnread(c.Domain)
}

// whyUnread says why something of a name was not read.
func (r *reading) whyUnread(name string) string {
	if r.err != nil {
		return r.err.Error()
	}
	if r.failures == nil {
		r.failures = make(map[string]string)
		for _, f := range slices.Backward(r.live.Failures) {
			r.failures[f.Domain] = f.Operation + ": " + f.Message
		}
	}
	return cmp.Or(r.failures[name], "the answer does not say")
}

// pending says why the live value of an attribute may still change by itself,
// "" where it may not. The name was read.
func pending(c *attr.Change, live *snapshot.Account) string {
	return attr.Lookup(c.Attribute).PendingIn(live.Domain(c.Domain))
}

func equal(a, b attr.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Equal(b)
}

// A search is what the service's lists tell of batches without an answer, by
// batch.
type search struct {
	tasks   map[int64][]string // those that could be the batch's own
	unclear map[int64]error    // why another one may be that was not understood
}

// listWanted lists the tasks that could be those of the wanted batches, as far
// as lists tell.
func listWanted(ctx context.Context, s lists, all []wanted) (taskList, error) {
	from := all[0].from
	for _, w := range all {
		from = earliest(from, w.from)
	}
	list, err := listTasks(ctx, s, from)
	x := indexWanted(all)
	maps.DeleteFunc(list, func(_ string, c candidate) bool { return !x.any(&c) })
	return list, err
}

// findTasks returns the tasks of a list that are, or could be, those of the
// wanted batches.
func findTasks(ctx context.Context, s lists, list taskList, all []wanted) (search, error) {
	found, x := search{make(map[int64][]string), make(map[int64]error)}, indexWanted(all)
	for _, no := range slices.Sorted(maps.Keys(list)) {
		c := list[no]
		details, unclear := taskDetails(ctx, s, no)
		if unclear != nil && (ctx.Err() != nil || wire.StopsOperation(unclear)) {
			return found, unclear
		}
		names, lacking := c.namesIn(details)
		found.note(&c, x, names, cmp.Or(unclear, lacking))
	}
	found.tasks = assignOwners(found.tasks, all)
	return found, nil
}

// note says what a task means for the batches that it fits, by the names that it
// tells, and why it may be of others.
func (f search) note(c *candidate, x *wantedIndex, names []string, unclear error) {
	switch {
	case unclear != nil && len(names) == 0:
		for _, w := range x.takeAll(c) {
			f.unclear[w.batch] = unclear
		}
	case unclear != nil:
		for _, w := range x.about(c, names) {
			f.unclear[w.batch] = unclear
		}
	default:
		for _, w := range x.exactly(c, names) {
			if w.operation.Saves(c.kind) {
				f.tasks[w.batch] = append(f.tasks[w.batch], c.no)
			} else {
				f.unclear[w.batch] = fmt.Errorf("task %s is of the same names, and %s", c.no, unknownKind(c.kind))
			}
		}
	}
}

// unknownKind says of a type that it cannot be told what it stands for.
func unknownKind(kind wire.TaskType) string {
	if kind == "" {
		return "its type is not told"
	}
	return "its type " + string(kind) + " is not known"
}

// assignOwners decides about tasks that could belong to several batches. The
// task that opens a lock and the one that closes it look alike: such a task
// counts as the opening, after which the lock is closed once more. Any other
// task that several batches could have belongs to none of them.
func assignOwners(found map[int64][]string, all []wanted) map[int64][]string {
	owners := make(map[string][]int64) // batches that owe nothing
	for _, w := range all {
		for _, no := range found[w.batch] {
			if !w.owed {
				owners[no] = append(owners[no], w.batch)
			}
		}
	}
	own := make(map[int64][]string)
	for _, w := range all {
		for _, no := range found[w.batch] {
			switch n := len(owners[no]); {
			case w.owed && n > 0:
			case n > 1:
				own[w.batch] = append(own[w.batch], no, "also of another request")
			default:
				own[w.batch] = append(own[w.batch], no)
			}
		}
	}
	return own
}

// matches reports whether a task could be that of the wanted batch, as far as the
// lists tell.
func (c *candidate) matches(w *wanted) bool {
	return c.mayBeOf(w.operation) && (c.names == 0 || c.names == len(w.names)) && (c.created.IsZero() || c.created.Meets(w.from, w.to))
}

// mayBeOf reports whether a task could be of an operation, by its type. A request
// that saves no task has none.
func (c *candidate) mayBeOf(o *wire.Operation) bool {
	return o.Async() && (o.Saves(c.kind) || !c.kind.Documented())
}
