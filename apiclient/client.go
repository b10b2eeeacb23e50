package apiclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

// Config says how to reach the service. Only Credentials must be given.
type Config struct {
	Endpoint    string      // as wire.ParseEndpoint returns it; "": wire.DefaultEndpoint
	Credentials Credentials // who calls
	Account     string      // that the credentials are for; "": it is not known

	// Transport sends the requests; nil: NewTransport(). It must not follow
	// redirects, which http.Client does and a RoundTripper does not.
	Transport http.RoundTripper

	// Clock is by which requests are signed and paced, and waits are measured; the
	// zero value is the system's.
	Clock clock.Clock
	// TrustClock says that the service's Date is right, however far the local
	// time is from it. That of a service on a loopback address always is.
	TrustClock bool

	// Limits returns the calls per second that an operation may make, 0 for no
	// limit. Nil: no limits.
	Limits func(operation string) float64
	// Meter keeps these limits together with other clients, those of other processes
	// included. Nil: the client keeps them alone.
	Meter Meter

	// Permit says with its error that an operation must not be called, before anything
	// of it is sent. Nil: all may.
	Permit func(operation string) error

	// AbsentLists says that the service leaves empty lists out of its answers, at
	// least for this account: see [wire.Reading].
	AbsentLists bool

	Logger    *slog.Logger  // one debug line an attempt; nil: none
	UserAgent string        // "": domainsync
	Timeout   time.Duration // of one attempt, reading the answer included; 0: 30 seconds
	PageSize  int           // of lists for which the service states no most, where all pages are read; 0: 200
	Attempts  int           // of a call that may be repeated; 0: 5. Throttled attempts do not count.
}

// Client calls the operations of the service. It is safe for use by many
// goroutines at once; they share the limits.
type Client struct {
	credentials Credentials
	transport   http.RoundTripper
	template    *http.Request // never sent: each attempt sends a copy
	clock       clock.Clock
	paces       paces
	meter       Meter // nil: none
	endpoint    string
	account     string // "": it is not known
	log         *slog.Logger
	timeout     time.Duration
	late        error // why an attempt ends after timeout
	absentLists bool
	permit      func(operation string) error
	attempts    int
	pageSize    int
	service     *clock.Remote
}

// New returns a client. It makes no call.
func New(c Config) (*Client, error) {
	if c.Credentials == nil {
		return nil, errors.New("the client has no credentials")
	}
	endpoint, err := wire.ParseEndpoint(cmp.Or(c.Endpoint, wire.DefaultEndpoint), wire.FromCommandLine)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(endpoint + "/")
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	client := &Client{
		credentials: c.Credentials,
		transport:   c.Transport,
		template:    requestTemplate(target, cmp.Or(c.UserAgent, "domainsync")),
		paces:       newPaces(c.Limits, c.Clock),
		meter:       c.Meter,
		endpoint:    endpoint,
		account:     c.Account,
		clock:       c.Clock,
		log:         c.Logger,
		timeout:     cmp.Or(c.Timeout, 30*time.Second),
		absentLists: c.AbsentLists,
		permit:      c.Permit,
		attempts:    cmp.Or(c.Attempts, 5),
		pageSize:    c.PageSize,
		service:     clock.NewRemote(c.Clock, c.TrustClock || wire.Loopback(target.Hostname())),
	}
	client.late = fmt.Errorf("it took longer than %v: %w", client.timeout, context.DeadlineExceeded)
	if client.transport == nil {
		client.transport = NewTransport()
	}
	if client.log == nil {
		client.log = slog.New(slog.DiscardHandler)
	}
	return client, nil
}

func requestTemplate(target *url.URL, agent string) *http.Request {
	return &http.Request{
		Method: http.MethodPost, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"},
			"User-Agent":   {agent},
		},
	}
}

// Do makes one call and reads its answer into a response of the same
// operation. What a failure says of the call's execution is told by
// [wire.OutcomeOf]; its errors are [*wire.ParameterError], [*wire.Error],
// [*wire.TransportError], and [*wire.AnswerError] for an answer that is none:
// see [wire.Reading].
//
// Operations that do the same when they are sent twice are repeated after any
// failure that may pass. The others are repeated only when the call was
// certainly not executed.
func (c *Client) Do(ctx context.Context, r wire.Request, into wire.Response) error {
	if err := wire.Validate(r); err != nil {
		return err
	}
	o := wire.OperationOf(r)
	call := c.newCall(o)
	call.params, call.asked, call.into = wire.Params(r), r, into
	return call.run(ctx)
}

func (c *Client) newCall(o *wire.Operation) *call {
	return &call{client: c, name: o.Name, repeatable: o.Repeatable(), pace: c.paces.known[o]}
}

// Raw makes one call of any operation, of those that the table does not know
// too, and returns its answer as the service wrote it, in JSON and without
// what the request was signed with. The parameters are sent as they stand.
// Errors and limits are those of [Client.Do]. An operation that the table does
// not know is repeated only when the call was certainly not executed.
func (c *Client) Raw(ctx context.Context, operation string, params []wire.Param) ([]byte, error) {
	var raw []byte
	call := &call{client: c, name: operation, pace: c.paces.other(operation), into: new(wire.DoneResponse)}
	if o := wire.Lookup(operation); o != nil {
		call = c.newCall(o)
		call.into = o.NewResponse()
	}
	call.params, call.raw = params, &raw
	if err := call.run(ctx); err != nil {
		return nil, err
	}
	return raw, nil
}

// Submit makes a call that saves a task. After an answer without a task number
// it is unknown whether the task was saved.
func (c *Client) Submit(ctx context.Context, r wire.Request) (*wire.TaskResponse, error) {
	if o := wire.OperationOf(r); !o.Async() {
		return nil, &wire.ParameterError{Operation: o.Name, Member: "Action", Problem: "saves no task"}
	}
	return do[wire.TaskResponse](ctx, c, r)
}

// do is Do for one type of response.
func do[T any, P interface {
	*T
	wire.Response
}](ctx context.Context, c *Client, r wire.Request,
) (*T, error) {
	into := new(T)
	if err := c.Do(ctx, r, P(into)); err != nil {
		return nil, err
	}
	return into, nil
}

// Stats returns how many requests were sent for each operation, repeated ones
// included. Operations that were not called are absent.
func (c *Client) Stats() map[string]int {
	return c.count(func(p *pace) *atomic.Int64 { return &p.calls })
}

// Throttled returns how many of these requests the service refused because they came
// too fast, for each operation. Operations without any are absent.
func (c *Client) Throttled() map[string]int {
	return c.count(func(p *pace) *atomic.Int64 { return &p.throttled })
}

// count returns a number of each operation, those without one left out.
func (c *Client) count(of func(*pace) *atomic.Int64) map[string]int {
	counts := make(map[string]int)
	c.paces.each(func(operation string, p *pace) {
		if n := of(p).Load(); n > 0 {
			counts[operation] = int(n)
		}
	})
	return counts
}

// ServiceClock returns the time of the service, as its answers tell it by their Date.
func (c *Client) ServiceClock() *clock.Remote { return c.service }

// readDate takes in the time that an answer tells, to a request that was sent at
// the given time. An answer that somebody has kept meanwhile says for how long.
func (c *Client) readDate(ctx context.Context, h http.Header, sent time.Time) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		c.service.ObserveNone()
		return
	}
	if age, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil {
		at = at.Add(time.Duration(age) * time.Second)
	}
	d := c.service.Observe(at, sent)
	if d == nil {
		return
	}
	level, what := slog.LevelWarn, "the local clock and the service's are apart: the run goes by the earlier of both, and nothing is ordered. Set the local clock, or say with --service-clock that the service's is right"
	switch {
	case d.Trusted:
		level, what = slog.LevelInfo, "the run goes by the service's clock"
	case d.Moved():
		what = "the service's clock has moved: the run goes by what it said first, and nothing is ordered. Run again"
	}
	c.log.LogAttrs(ctx, level, what, slog.Time("local", d.Local.UTC()), slog.Time("service", d.Remote.UTC()))
}

// addAdvice adds to a refusal for the time of a request what to do about it.
func (c *Client) addAdvice(e *wire.Error) {
	skew, known := c.service.Skew()
	if !strings.HasPrefix(e.Code, "InvalidTimeStamp") || !known {
		return
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	e.Message = strings.TrimSpace(fmt.Sprintf("%s The local clock is %v %s the service's: set it.", e.Message, skew.Abs().Round(time.Second), side))
}
