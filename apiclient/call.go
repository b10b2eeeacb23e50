package apiclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// call is one call on its way, from its first attempt to its last.
type call struct {
	client     *Client
	name       string // of the operation
	repeatable bool   // sent twice it does the same as once
	pace       *pace
	params     []wire.Param
	asked      wire.Request // nil: the answer is only shown
	into       wire.Response
	raw        *[]byte // takes the answer as the service wrote it; nil: nobody wants it

	last     error // of the last attempt
	ofUser   bool  // what it was throttled for is a limit of all operations
	over     bool  // there is no further attempt
	unknown  bool  // an attempt may have been executed
	backoffs [reasons]retry.Backoff
}

// retryReason is why an attempt is repeated. Each has a patience of its own.
type retryReason int

const (
	connectionFailure retryReason = iota // the network or the service failed
	throttled                            // too early: the pace slows all callers down
	busy                                 // another task works on the same name
	unreadableAnswer                     // the answer was none: something on the way may have spoiled it
	reasons
)

func (k *call) newBackoff(r retryReason) retry.Backoff {
	attempts := uint64(max(k.client.attempts-1, 0))
	switch r {
	case throttled:
		return exponentialBackoff(100*time.Millisecond, 5*time.Second, 30)
	case busy:
		return exponentialBackoff(5*time.Second, time.Minute, attempts)
	case unreadableAnswer:
		return exponentialBackoff(200*time.Millisecond, time.Second, min(attempts, 1))
	default:
		return exponentialBackoff(200*time.Millisecond, 10*time.Second, attempts)
	}
}

func exponentialBackoff(first, most time.Duration, times uint64) retry.Backoff {
	b := retry.WithJitterPercent(50, retry.NewExponential(first))
	return retry.WithMaxRetries(times, retry.WithCappedDuration(most, b))
}

// nextWait returns how long to wait before the next attempt, and whether to stop.
func (k *call) nextWait() (time.Duration, bool) {
	r := reasonOf(k.last)
	if k.backoffs[r] == nil {
		k.backoffs[r] = k.newBackoff(r)
	}
	wait, stop := k.backoffs[r].Next()
	k.over = stop
	return wait, stop
}

func reasonOf(err error) retryReason {
	e, ok := errors.AsType[*wire.Error](err)
	switch {
	case ok && e.Throttled():
		return throttled
	case ok && e.Code == "TaskIsBeingProcessed":
		return busy
	}
	if _, ok := errors.AsType[*wire.AnswerError](err); ok {
		return unreadableAnswer
	}
	return connectionFailure
}

// run makes attempts until one succeeds, none may follow, or the context ends.
func (k *call) run(ctx context.Context) error {
	if k.client.permit != nil {
		if err := k.client.permit(k.name); err != nil {
			return err
		}
	}
	err := k.repeat(ctx)
	switch {
	case err == nil:
		return nil
	case !k.over: // the context ended between two attempts
		return &wire.TransportError{Operation: k.name, Sent: k.unknown, Err: k.interrupted(err)}
	case k.unknown && wire.OutcomeOf(err) == wire.NotDone:
		return &wire.TransportError{Operation: k.name, Sent: true, Err: err}
	}
	return err
}

// repeat makes attempts and waits between them. It returns the last one's error,
// or the cause of the context's end between two.
func (k *call) repeat(ctx context.Context) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		k.last = k.attempt(ctx)
		outcome := wire.OutcomeOf(k.last)
		k.unknown = k.unknown || outcome == wire.Unknown
		again := outcome == wire.NotDone || outcome == wire.Unknown && k.repeatable && !errors.Is(k.last, wire.ErrListAbsent)
		if k.over = k.over || !again || ctx.Err() != nil; k.over {
			return k.last
		}
		wait, stop := k.nextWait()
		if stop {
			return k.last
		}
		_ = k.client.clock.Sleep(ctx, wait) // the context's end shows above
	}
}

// interrupted says what the call was waiting for when its context ended.
func (k *call) interrupted(err error) error {
	if k.last == nil {
		return err
	}
	return fmt.Errorf("%w, while waiting to try again after: %v", err, k.last) //nolint:errorlint // the call's outcome is not the last attempt's
}

// attempt waits for its turn, then sends one signed request.
func (k *call) attempt(ctx context.Context) error {
	take, err := k.turnTaker(ctx)
	if err != nil {
		return k.notSent(err)
	}
	if err := k.pace.wait(ctx, take); err != nil {
		if k.last == nil && !errors.Is(err, context.Canceled) {
			err = fmt.Errorf("%w: %w", wire.ErrNoTurn, err)
		}
		return k.notSent(err)
	}
	credential, err := k.client.credentials.Credential(ctx)
	if err != nil {
		return k.notSent(err)
	}
	start := k.client.clock.Now()
	signed, err := k.signingTime(ctx, start)
	if err == nil {
		err = wire.AskPermission(ctx)
	}
	if err != nil {
		return k.notSent(err)
	}
	k.pace.calls.Add(1)
	form, signature := signedForm(k.name, k.params, credential, signed)
	bounded, cancel := k.client.clock.WithTimeoutCause(ctx, k.client.timeout, k.client.late)
	defer cancel()
	a, sent, err := k.client.send(bounded, form)
	defer a.release()
	hide := redactor{credential: credential, signature: signature, params: k.params}
	if err != nil {
		err = &wire.TransportError{Operation: k.name, Sent: sent, RequestID: a.header.Get("x-acs-request-id"), Err: hide.error(err)}
	} else {
		err = k.handleAnswer(ctx, &a, start, &hide)
		k.markStale(ctx, err)
	}
	k.adjustPace(ctx, err, start)
	k.log(ctx, a.status, err, k.client.clock.Since(start))
	return err
}

const (
	// fresh is the age of a signing time that a new one would not better.
	fresh = time.Minute
	// onTheWay is how long before its end a signature is no longer sent.
	onTheWay = time.Minute
)

// signingTime returns the time that an attempt is signed with at a moment: its
// caller's, unless the service would hardly take that any more and a new one would
// be younger.
func (k *call) signingTime(ctx context.Context, now time.Time) (time.Time, error) {
	at, given := wire.TimestampOf(ctx)
	if !given {
		return now, nil
	}
	age := now.Sub(at)
	skew, _ := k.client.service.Skew()
	if age >= fresh && age-min(skew, 0) >= wire.SignatureLife-onTheWay {
		return at, wire.ErrTimestampTooOld
	}
	return at, nil
}

// markStale tells a refusal for the age of a signing time that the caller gave, which
// a newer one mends, from one for the clocks.
func (k *call) markStale(ctx context.Context, err error) {
	at, given := wire.TimestampOf(ctx)
	if e, ok := errors.AsType[*wire.Error](err); ok && given && e.Code == "InvalidTimeStamp.Expired" {
		e.Stale = k.client.clock.Since(at) >= fresh
	}
}

// notSent ends a call before anything was sent.
func (k *call) notSent(err error) error {
	k.over = true
	return &wire.TransportError{Operation: k.name, Sent: k.unknown, Err: err}
}

// handleAnswer reads an answer.
func (k *call) handleAnswer(ctx context.Context, a *answer, sent time.Time, hide *redactor) error {
	k.client.readDate(ctx, a.header, sent)
	if a.status < 200 || a.status > 299 {
		e := wire.DecodeError(k.name, a.status, a.body.Bytes())
		e.RetryAfter, k.ofUser = retryAfter(a.header), limitsUser(e, a.header)
		e.Message = hide.text(e.Message)
		k.client.addAdvice(e)
		return e
	}
	if err := k.read(a, hide); err != nil {
		return err
	}
	if k.raw != nil {
		*k.raw = hide.json(a.body.Bytes())
	}
	return nil
}

// read reads an answer of success, which need not be one.
func (k *call) read(a *answer, hide *redactor) error {
	reading := wire.Reading{Operation: k.name, Request: k.asked, AbsentLists: k.client.absentLists}
	err := reading.Decode(a.body.Bytes(), k.into)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		e.RetryAfter, e.Message, k.ofUser = retryAfter(a.header), hide.text(e.Message), limitsUser(e, a.header)
		return e
	}
	if e, ok := errors.AsType[*wire.AnswerError](err); ok {
		e.Problem, e.Got = hide.text(e.Problem), hide.text(e.Got)
		return e
	}
	return &wire.TransportError{Operation: k.name, Sent: true, RequestID: k.into.ID(), Err: hide.error(err)}
}

// limitsUser reports whether a call came too early for a limit of all that the
// user calls. Throttling.User says so, unless the answer tells that the limit is
// the operation's, which x-ratelimit-user-api is about.
func limitsUser(e *wire.Error, h http.Header) bool {
	return e.Code == "Throttling.User" && h.Get("x-ratelimit-user-api") == ""
}

// adjustPace lets the pace of the operation follow what the service said, or that of
// all operations where it was about them.
func (k *call) adjustPace(ctx context.Context, err error, start time.Time) {
	e, ok := errors.AsType[*wire.Error](err)
	if ok && e.Throttled() {
		k.pace.throttled.Add(1)
	}
	switch {
	case ok && e.Throttled() && k.ofUser:
		k.client.paces.each(func(_ string, p *pace) { p.slow(start, e.RetryAfter) })
		k.tellMeter(ctx, "", start, e.RetryAfter)
	case ok && e.Throttled():
		k.pace.slow(start, e.RetryAfter)
		k.tellMeter(ctx, k.name, start, e.RetryAfter)
	case ok && e.RetryAfter > 0:
		k.pace.hold(e.RetryAfter)
	case err == nil:
		k.pace.recover()
	}
}

func (k *call) log(ctx context.Context, status int, err error, took time.Duration) {
	if !k.client.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("operation", k.name), slog.Int("status", status), slog.Duration("duration", took)}
	var id string
	if e, ok := errors.AsType[*wire.Error](err); ok {
		attrs = append(attrs, slog.String("code", e.Code))
		id = e.RequestID
	} else if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		id = wire.RequestIDOf(err)
	} else {
		id = k.into.ID()
	}
	k.client.log.LogAttrs(ctx, slog.LevelDebug, "call", append(attrs, slog.String("request_id", id))...)
}

// retryAfter reads the service's hints of when to call again, the longest of
// them: x-acs-retry-after in milliseconds, and TimeLeft of the limits.
func retryAfter(h http.Header) time.Duration {
	wait := millis(h.Get("x-acs-retry-after"))
	for _, name := range []string{"x-ratelimit-user-api", "x-ratelimit-user"} {
		for pair := range strings.SplitSeq(h.Get(name), ",") {
			if key, value, _ := strings.Cut(strings.TrimSpace(pair), ":"); key == "TimeLeft" {
				wait = max(wait, millis(value))
			}
		}
	}
	return wait
}

func millis(s string) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}
