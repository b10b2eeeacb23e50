package simulator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// Faults make the service awkward.
type Faults struct {
	// ClockSkew is added to the service's clock.
	ClockSkew Duration `json:"clock_skew,omitempty"`
	// Durations say how long the details of a task take, by task type or "*".
	// Without one they end at once.
	Durations map[wire.TaskType]Range `json:"durations,omitempty"`
	// RegistrantUpdate is how long queries show the old registrant after the
	// task that changed it has ended.
	RegistrantUpdate Range `json:"registrant_update,omitzero"`
	// Limits are calls per second by operation, or "*" for each that has no
	// other limit.
	Limits map[string]int `json:"limits,omitempty"`
	// LimitProfile is what the limits are that Limits does not name: "" for
	// those that the service publishes, or one of [LimitProfiles].
	LimitProfile string `json:"limit_profile,omitempty"`
	// ChangeLog is what goes wrong with the change log.
	ChangeLog ChangeLogFaults `json:"change_log,omitzero"`
	// Rules are single faults. A call or detail can be hit by several.
	Rules []Fault `json:"rules,omitempty"`
}

// Fault is something that goes wrong, and when.
type Fault struct {
	Kind Kind `json:"kind"`
	// Operation is a pattern (path.Match) of the operations that are hit; ""
	// is each.
	Operation string `json:"operation,omitempty"`
	// From is the first call or detail of those that is hit, from 1; Every n-th
	// after it is hit, too, Count in all (0: no end), each with the
	// probability Share (0: always).
	From  int     `json:"from,omitempty"`
	Every int     `json:"every,omitempty"`
	Count int     `json:"count,omitempty"`
	Share float64 `json:"share,omitempty"`

	// Names are the names that it is about: of details (none: each), or those
	// that are removed, inserted, moved or in a foreign task.
	Names []string `json:"names,omitempty"`
	// Wait is how long a call is delayed, a detail takes longer or a foreign task
	// takes, or the hint when to try again.
	Wait Range `json:"wait,omitzero"`
	// Status, Code and Message replace those of the answer; Message is also
	// what a detail fails with.
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// TaskType is that of a foreign task, default CHG_HOLDER.
	TaskType wire.TaskType `json:"task_type,omitempty"`
	// Event is what happens at the registry of Names, which get Nameservers where
	// it delegates them.
	Event       EventKind `json:"event,omitempty"`
	Nameservers []string  `json:"nameservers,omitempty"`
}

// event is what happens at a registry.
func (f *Fault) event() *RegistryEvent {
	return &RegistryEvent{Kind: f.Event, Names: f.Names, Nameservers: f.Nameservers}
}

// Kind is what goes wrong.
type Kind string

// What can happen to a call before it has an effect.
const (
	Delay    Kind = "delay"    // it waits first
	Refuse   Kind = "refuse"   // no connection is made (over HTTP: it is reset)
	Reset    Kind = "reset"    // the connection breaks
	Hang     Kind = "hang"     // no answer until the caller gives up
	Throttle Kind = "throttle" // 400 Throttling.User
	Fail5xx  Kind = "error"    // 500 InternalError, or as Status and Code say
)

// What can happen to a call after it had its effect.
const (
	Lose         Kind = "lose"           // the connection breaks
	Timeout      Kind = "timeout"        // no answer until the caller gives up
	FailAfter    Kind = "error_after"    // 500 InternalError, or as Status and Code say
	NoTaskNumber Kind = "no_task_number" // the answer lacks the task number
	Reorder      Kind = "reorder"        // a page of results is shuffled
	Repeat       Kind = "repeat"         // a page of results has one of them twice
)

// What can happen to the account right before a call.
const (
	RemoveNames Kind = "remove"   // names leave the account
	InsertNames Kind = "insert"   // names enter the account
	MoveNames   Kind = "move"     // names become the youngest of the list
	ForeignTask Kind = "foreign"  // somebody else's task ends, or begins and takes Wait
	AtRegistry  Kind = "registry" // Event happens at the registry of names that the account has
	Take        Kind = "take"     // somebody else acknowledges the results of names (none: all)
)

// What can happen to the details of a task; they count instead of calls.
const (
	FailDetail Kind = "fail"  // it fails
	Slow       Kind = "slow"  // it takes longer, by Wait
	Stall      Kind = "stall" // it never ends
	Steal      Kind = "steal" // somebody else acknowledges its result at once
	Deny       Kind = "deny"  // it succeeds, and its result says that it failed
)

var kinds = []Kind{
	Delay, Refuse, Reset, Hang, Throttle, Fail5xx, Lose, Timeout, FailAfter, NoTaskNumber, Reorder, Repeat,
	RemoveNames, InsertNames, MoveNames, ForeignTask, AtRegistry, Take, FailDetail, Slow, Stall, Steal, Deny,
}

// Kinds returns all kinds of faults.
func Kinds() []Kind { return slices.Clone(kinds) }

var detailKinds = []Kind{FailDetail, Slow, Stall, Steal, Deny}

// MemberError is a mistake in a member of [Faults] or of a [Market].
type MemberError struct {
	Member string // its path in JSON, as in rules[0].kind
	Err    error  // what is wrong with it
}

func (e *MemberError) Error() string { return e.Member + ": " + e.Err.Error() }

func (e *MemberError) Unwrap() error { return e.Err }

// inMember returns the mistake of a member.
func inMember(member, format string, args ...any) error {
	return &MemberError{member, fmt.Errorf(format, args...)}
}

// Validate reports the first mistake: a [MemberError].
func (f Faults) Validate() error {
	for i := range f.Rules {
		if err := f.Rules[i].validate(fmt.Sprintf("rules[%d]", i)); err != nil {
			return err
		}
	}
	if _, ok := limitProfiles[f.LimitProfile]; !ok {
		return inMember("limit_profile", "there is no %q, only %s", f.LimitProfile, strings.Join(LimitProfiles(), ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Limits)) {
		if n := f.Limits[name]; n < 1 || name != "*" && wire.Lookup(name) == nil {
			return inMember(fmt.Sprintf("limits[%q]", name), "%d: an operation or * with at least 1 call per second is expected", n)
		}
	}
	return f.ChangeLog.validate()
}

// validate reports the first mistake of a rule.
func (f *Fault) validate(rule string) error {
	_, badPattern := path.Match(f.Operation, "")
	switch {
	case !slices.Contains(kinds, f.Kind):
		return inMember(rule+".kind", "there is no kind %q, only %s", f.Kind, joined(kinds))
	case badPattern != nil:
		return inMember(rule+".operation", "%q: %w", f.Operation, badPattern)
	case !strings.ContainsAny(f.Operation, "*?[") && f.Operation != "" && wire.Lookup(f.Operation) == nil:
		return inMember(rule+".operation", "no operation is called %q", f.Operation)
	case f.From < 0 || f.Every < 0 || f.Count < 0 || f.Share < 0 || f.Share > 1 || f.Wait.Min < 0 || f.Wait.Max < 0:
		return inMember(rule, "from, every, count and wait are not negative, share is from 0 to 1")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return inMember(rule+".status", "%d is no error", f.Status)
	case f.Kind == AtRegistry:
		if err := f.event().validate(); err != nil {
			return &MemberError{rule, err}
		}
	}
	return nil
}

func joined(all []Kind) string {
	var b strings.Builder
	for i, k := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(k))
	}
	return b.String()
}

// ReadFaults reads faults as JSON and checks them.
func ReadFaults(r io.Reader) (Faults, error) {
	f, err := readStrictly[Faults](r)
	if err != nil {
		return f, fmt.Errorf("faults: %w", err)
	}
	return f, f.Validate()
}

// readStrictly reads one value as JSON, of which all members are known.
func readStrictly[T any](r io.Reader) (value T, err error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		return value, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("there is more than one value")
	}
	return value, nil
}

// Range is a span of durations; written "4s" or "4s..14m". Each time one of it
// is picked.
type Range struct{ Min, Max time.Duration }

// MarshalText writes the range.
func (r Range) MarshalText() ([]byte, error) {
	if r.Max <= r.Min {
		return []byte(r.Min.String()), nil
	}
	return []byte(r.Min.String() + ".." + r.Max.String()), nil
}

// UnmarshalText reads the range.
func (r *Range) UnmarshalText(text []byte) (err error) {
	low, high, span := strings.Cut(string(text), "..")
	if r.Min, err = time.ParseDuration(low); err != nil || !span {
		r.Max = r.Min
		return err
	}
	r.Max, err = time.ParseDuration(high)
	return err
}

func (r Range) pick(random *rand.Rand) time.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	return r.Min + time.Duration(random.Int64N(int64(r.Max-r.Min)+1))
}

// Duration is a duration that is written as text.
type Duration time.Duration

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// faultState is the faults, and how far they have come.
type faultState struct {
	Faults
	random  *rand.Rand
	rules   []rule
	windows map[string]window
}

// rule is a fault with its counters.
type rule struct {
	*Fault
	seen, hits int
}

// window is a second in which calls of an operation are counted.
type window struct {
	began time.Time
	calls int
}

// SetFaults replaces all faults; their counts begin anew.
func (s *Simulator) SetFaults(f Faults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance() // what has ended by now ended with the faults of before
	s.faults = faultState{
		Faults: f, windows: make(map[string]window),
		random: rand.New(rand.NewPCG(s.options.Seed, 0)), //nolint:gosec // it picks faults, not secrets
	}
	for i := range f.Rules {
		one := f.Rules[i]
		s.faults.rules = append(s.faults.rules, rule{Fault: &one})
	}
	return nil
}

// Faults returns the faults that are set.
func (s *Simulator) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.Faults
}

// hit returns the faults that hit a call of an operation, each with the wait
// that was picked.
func (f *faultState) hit(operation string) []*Fault {
	var hits []*Fault
	for i := range f.rules {
		r := &f.rules[i]
		if !slices.Contains(detailKinds, r.Kind) && r.matches(operation, f.random) {
			one := *r.Fault
			one.Wait.Min = r.Wait.pick(f.random)
			one.Wait.Max = one.Wait.Min
			hits = append(hits, &one)
		}
	}
	return hits
}

// applyTo lets faults hit a detail that is saved.
func (f *faultState) applyTo(d *detail, operation string) {
	for i := range f.rules {
		r := &f.rules[i]
		if !slices.Contains(detailKinds, r.Kind) || len(r.Names) > 0 && !slices.Contains(r.Names, d.name) ||
			!r.matches(operation, f.random) {
			continue
		}
		switch r.Kind {
		case FailDetail:
			d.failure = cmp.Or(r.Message, errRegistry)
		case Slow:
			if !d.due.IsZero() {
				d.due = d.due.Add(r.Wait.pick(f.random))
			}
		case Stall:
			d.due = time.Time{}
		case Steal:
			d.stolen = true
		case Deny:
			d.denied = cmp.Or(r.Message, errRegistry)
		}
	}
}

const errRegistry = "The registry refused the operation."

// matches counts a call or detail, and reports whether the rule hits it.
func (r *rule) matches(operation string, random *rand.Rand) bool {
	if ok, _ := path.Match(r.Operation, operation); !ok && r.Operation != "" {
		return false
	}
	r.seen++
	from := max(r.From, 1)
	if r.seen < from || (r.seen-from)%max(r.Every, 1) != 0 || r.Count > 0 && r.hits >= r.Count {
		return false
	}
	if r.Share > 0 && random.Float64() >= r.Share {
		return false
	}
	r.hits++
	return true
}

// duration is how long a detail of a task takes.
func (f *faultState) duration(kind wire.TaskType) time.Duration {
	r, ok := f.Durations[kind]
	if !ok {
		r = f.Durations["*"]
	}
	return r.pick(f.random)
}

func find(hits []*Fault, k Kind) *Fault {
	for _, f := range hits {
		if f.Kind == k {
			return f
		}
	}
	return nil
}

var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

// refusedConnection reports whether a request never left.
func refusedConnection(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// before lets happen what happens to a call before it has any effect.
func (s *Simulator) before(ctx context.Context, hits []*Fault) error {
	for _, f := range hits {
		switch f.Kind {
		case Delay:
			if err := s.options.Clock.Sleep(ctx, f.Wait.Min); err != nil {
				return err
			}
		case Refuse:
			return errRefused
		case Reset:
			return errReset
		case Hang:
			<-ctx.Done()
			return context.Cause(ctx)
		}
	}
	return nil
}

// after lets happen what happens to a call that had its effect.
func after(ctx context.Context, hits []*Fault) error {
	if find(hits, Lose) != nil {
		return errReset
	}
	if find(hits, Timeout) != nil {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

// limit refuses a call that comes too early, or that is to fail.
func (f *faultState) limit(operation string, now time.Time, hits []*Fault) *wire.Error {
	if hit := find(hits, Throttle); hit != nil {
		e := throttled(cmp.Or(hit.Wait.Min, time.Second))
		return hit.rewrite(e)
	}
	if hit := find(hits, Fail5xx); hit != nil {
		e := hit.rewrite(internalError())
		e.RetryAfter = hit.Wait.Min
		return e
	}
	most := f.maxPerSecond(operation)
	if most == 0 {
		return nil
	}
	w := f.windows[operation]
	if now.Sub(w.began) >= time.Second || now.Before(w.began) {
		w = window{began: now}
	}
	w.calls++
	f.windows[operation] = w
	if w.calls <= most {
		return nil
	}
	return throttled(w.began.Add(time.Second).Sub(now))
}

func throttled(wait time.Duration) *wire.Error {
	e := refusal(400, "Throttling.User", "Request was denied due to user flow control.")
	e.RetryAfter = wait
	return e
}

func internalError() *wire.Error {
	return refusal(500, "InternalError", "The request processing has failed due to some unknown error.")
}

// rewrite gives an error what the fault says of it.
func (f *Fault) rewrite(e *wire.Error) *wire.Error {
	e.HTTPStatus = cmp.Or(f.Status, e.HTTPStatus)
	e.Code = cmp.Or(f.Code, e.Code)
	e.Message = cmp.Or(f.Message, e.Message)
	if f.Code == "" && f.Status == 503 {
		e.Code = "ServiceUnavailable"
	}
	return e
}

// happen lets happen what others do to the account.
func (s *Simulator) happen(hits []*Fault, now time.Time) {
	for _, f := range hits {
		switch f.Kind {
		case ForeignTask:
			s.foreign(f, now)
		case Take:
			s.tasks.queue.take(f.Names)
		case AtRegistry:
			s.befall(f.event(), now)
		case RemoveNames:
			each(f.Names, s.account.remove)
		case MoveNames:
			each(f.Names, s.account.move)
		case InsertNames:
			each(f.Names, func(name string) {
				s.account.change(name, now, func(d *snapshot.Domain) {
					if d.Nameservers == nil {
						d.Nameservers = aliyun(name)
					}
				})
			})
		}
	}
}

func each(names []string, do func(name string)) {
	for _, name := range names {
		do(name)
	}
}

// foreign saves a task of somebody else that ends at once, or when its time has
// come, and has no effect here; its results are in the queue then.
func (s *Simulator) foreign(f *Fault, now time.Time) {
	t := s.newTask(cmp.Or(f.TaskType, "CHG_HOLDER"), now, "192.0.2.200")
	names := f.Names
	if len(names) == 0 {
		names = []string{"somebody-elses.example"}
	}
	for _, name := range names {
		s.addDetail(t, "", name, effect{takes: f.Wait.Min})
		d := t.details[len(t.details)-1]
		d.failure = f.Message
		if f.Wait.Min == 0 {
			s.finish(d, now)
		}
	}
}

// spoil damages an answer.
func spoil(r wire.Response, hits []*Fault) (wire.Response, *wire.Error) {
	if f := find(hits, FailAfter); f != nil {
		return nil, f.rewrite(internalError())
	}
	if task, ok := r.(*wire.TaskResponse); ok && find(hits, NoTaskNumber) != nil {
		task.TaskNo = ""
	}
	return r, nil
}

// disturb shuffles or repeats the results of a page.
func (f *faultState) disturb(hits []*Fault, page *wire.PollTaskResultResponse) {
	if len(page.Data) == 0 {
		return
	}
	if find(hits, Repeat) != nil {
		page.Data = append(page.Data, page.Data[f.random.IntN(len(page.Data))])
	}
	if find(hits, Reorder) != nil {
		f.random.Shuffle(len(page.Data), func(i, j int) { page.Data[i], page.Data[j] = page.Data[j], page.Data[i] })
	}
}
