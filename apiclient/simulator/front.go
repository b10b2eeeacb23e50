package simulator

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// incoming is a request before it is known to be authentic.
type incoming struct {
	http   *http.Request
	query  []wire.Param // the parameters of the URL
	params []wire.Param // all of them
	body   []byte
	claim  claim
	format wire.Format
	n      int    // its number
	id     string // RequestId
	hits   []*Fault
}

func (in *incoming) get(name string) string {
	for _, p := range in.params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// reply is an answer on its way to the caller.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// serve answers one call. An error means that the caller gets no answer.
func (s *Simulator) serve(r *http.Request) (*reply, error) {
	in := &incoming{http: r, format: wire.XML}
	refused := in.read(s.bodyLimit())
	name := in.claim.action
	s.arrive(in, name)
	if hook := s.options.BeforeCall; hook != nil {
		if err := hook(in.n, name); err != nil {
			return nil, err
		}
	}
	if err := s.before(r.Context(), in.hits); err != nil {
		return nil, err
	}
	var response wire.Response
	if refused == nil {
		response, refused = s.execute(in, name)
	}
	if err := after(r.Context(), in.hits); err != nil {
		return nil, err
	}
	if hook := s.options.AfterCall; hook != nil {
		if err := hook(in.n, name); err != nil {
			return nil, err
		}
	}
	return s.reply(in, response, refused), nil
}

// arrive counts a call and finds out which faults hit it.
func (s *Simulator) arrive(in *incoming, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	in.n = s.calls
	in.id = strings.ToUpper(s.uuid(s.now()))
	if wire.Lookup(name) != nil {
		s.stats[name]++
	}
	in.hits = s.faults.hit(name)
}

// execute checks a call and executes it.
func (s *Simulator) execute(in *incoming, name string) (wire.Response, *wire.Error) {
	if e := in.claim.refused; e != nil {
		return nil, e
	}
	if e := s.authenticate(&in.claim); e != nil {
		return nil, e
	}
	operation := wire.Lookup(name)
	if v := in.claim.version; v != wire.Version {
		return nil, refusal(400, "NoSuchVersion", "Specified version does not exist: "+v)
	}
	if operation == nil || handlers[name] == nil || !s.has(operation) {
		return nil, refusal(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
	}
	request, e := decode(operation, in.params)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	s.noteUnknown(operation, in.params)
	// A call that is refused for what it asks counts against the limits, too.
	if limited := s.faults.limit(name, now, in.hits); limited != nil {
		return nil, limited
	}
	if e != nil {
		return nil, e
	}
	s.happen(in.hits, now)
	c := &call{
		operation: operation, request: request, id: in.id, now: now, hits: in.hits,
		clientIP: cmp.Or(in.get("UserClientIp"), host(in.http.RemoteAddr)), lang: wire.Lang(in.get("Lang")),
	}
	response, err := handlers[name](s, c)
	if err != nil {
		return nil, err.(*wire.Error) //nolint:errorlint // handlers return no other
	}
	return spoil(response, in.hits)
}

// decode reads the request of an operation; what breaks its rules is refused
// with the service's codes.
func decode(o *wire.Operation, params []wire.Param) (wire.Request, *wire.Error) {
	for _, p := range params {
		if f := o.Request.Member(p.Name); f != nil && f.Name == "DomainName" && encoded(p.Value) {
			return nil, refusal(400, "InvalidDomainName", "Specified parameter "+p.Name+" is not valid: names are written in Unicode.")
		}
	}
	r, err := wire.DecodeRequest(o, params)
	if err == nil {
		return r, nil
	}
	problem, ok := errors.AsType[*wire.ParameterError](err)
	if !ok {
		return nil, refusal(400, "InvalidParameter", err.Error())
	}
	member, _, _ := strings.Cut(problem.Member, ".")
	if problem.Missing {
		return nil, refusal(400, "Missing"+member, member+" is mandatory for this action.")
	}
	return nil, refusal(400, "Invalid"+member, "Specified parameter "+problem.Member+" is not valid: it "+problem.Problem+".")
}

// encoded reports whether one of the names between commas begins with xn--.
func encoded(names string) bool {
	for name := range strings.SplitSeq(strings.ToLower(names), ",") {
		if strings.HasPrefix(strings.TrimSpace(name), "xn--") {
			return true
		}
	}
	return false
}

// read reads a call: what it claims, its parameters, and the form in which it
// wants its answer, which a refusal has as well.
func (in *incoming) read(limit int64) *wire.Error {
	refused := in.readParams(limit)
	in.claim = in.readClaim()
	format, ok := in.wantedFormat()
	if ok {
		in.format = format
	}
	r := in.http
	switch {
	case refused != nil:
		return refused
	case !ok:
		return refusal(400, "InvalidParameter", "The specified parameter Format is neither JSON nor XML.")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return refusal(405, "UnsupportedHTTPMethod", "The request method is not supported: use GET or POST.")
	case r.URL.Path != "/" && r.URL.Path != "":
		return refusal(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
	}
	return nil
}

// readParams takes the parameters from the query and from a form body.
func (in *incoming) readParams(limit int64) *wire.Error {
	r := in.http
	if err := in.add(r.URL.RawQuery); err != nil {
		return err
	}
	in.query = in.params
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusal(413, "RequestEntityTooLarge", fmt.Sprintf("The request body is larger than %d bytes.", limit))
	}
	if err != nil {
		return refusal(400, "InvalidParameter", "The request body could not be read.")
	}
	in.body = body
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return in.add(string(body))
	}
	return nil
}

func (in *incoming) add(query string) *wire.Error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return refusal(400, "InvalidParameter", "The parameters are not encoded as they should be.")
	}
	for name, all := range values {
		for _, v := range all {
			in.params = append(in.params, wire.Param{Name: name, Value: v})
		}
	}
	return nil
}

// skew is how far a signed time may lie from the service's clock.
const skew = 15 * time.Minute

// withinSkew reports whether a request may be signed with a time.
func withinSkew(signed, now time.Time) bool {
	d := now.Sub(signed)
	return -skew <= d && d <= skew
}

// authenticate checks who calls, and that nobody repeats it.
func (s *Simulator) authenticate(c *claim) *wire.Error {
	signed, err := time.Parse("2006-01-02T15:04:05Z", c.signed)
	if err != nil {
		return refusal(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	}
	if c.key != s.options.Key {
		return refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if want := c.sign(s.options.Secret, c.text); subtle.ConstantTimeCompare([]byte(want), []byte(c.signature)) != 1 {
		return refusal(403, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation. server string to sign is:"+c.text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.signingTime()
	if !withinSkew(signed, now) && !withinSkew(signed, s.now()) {
		return refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	if !s.nonces.use(c.nonce, now) {
		return refusal(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return nil
}

// nonces remembers the nonces of the last hour at most, and of the time in
// which a signed request is valid at least.
type nonces struct {
	fresh, stale map[string]bool
	since        time.Time
}

func (n *nonces) use(nonce string, now time.Time) bool {
	if n.fresh == nil || now.Sub(n.since) > 2*skew {
		n.fresh, n.stale, n.since = make(map[string]bool), n.fresh, now
	}
	if n.fresh[nonce] || n.stale[nonce] {
		return false
	}
	n.fresh[nonce] = true
	return true
}

// reply encodes an answer.
func (s *Simulator) reply(in *incoming, response wire.Response, refused *wire.Error) *reply {
	s.mu.Lock()
	now, most, style := s.now(), s.faults.maxPerSecond(in.claim.action), s.options.Readings.style()
	s.mu.Unlock()
	out := &reply{status: http.StatusOK, header: http.Header{
		"Date":             {now.UTC().Format(http.TimeFormat)},
		"X-Acs-Request-Id": {in.id},
	}}
	if in.format == wire.JSON {
		out.header.Set("Content-Type", "application/json;charset=utf-8")
	} else {
		out.header.Set("Content-Type", "text/xml;charset=utf-8")
	}
	if refused == nil {
		out.body = style.EncodeResponse(wire.Lookup(in.claim.action), response, in.format)
		return out
	}
	e := *refused
	e.RequestID = in.id
	out.status = e.HTTPStatus
	out.body = wire.EncodeError(&e, in.http.Host, in.format)
	if ms := (e.RetryAfter + time.Millisecond - 1).Milliseconds(); ms > 0 {
		out.header.Set("X-Acs-Retry-After", strconv.FormatInt(ms, 10))
		if e.Throttled() {
			out.header.Set("X-Ratelimit-User-Api", fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", max(most, 1), ms, ms))
		}
	}
	return out
}

// host returns the address of a caller without its port.
func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return "127.0.0.1"
}
