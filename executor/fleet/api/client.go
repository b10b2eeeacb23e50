package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/internal/clock"
)

// Options say which server a client asks, and how.
type Options struct {
	Server string // its address
	Token  string // of a person
	// AllowHTTP permits that others on the way read the token.
	AllowHTTP bool
	Transport http.RoundTripper // nil: the usual one
	Clock     clock.Clock
}

// A Client looks at a fleet and acts on it through a server. It is a [Table].
type Client struct {
	server *url.URL
	token  string
	http   *http.Client
	clock  clock.Clock
}

var _ Table = (*Client)(nil)

// NewClient returns a client of a server.
func NewClient(o Options) (*Client, error) {
	u, err := serverOf(o.Server, o.AllowHTTP)
	if err != nil {
		return nil, err
	}
	if o.Token == "" || strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("that is no token: domainsync jobs token makes one, which begins with " + fleet.TokenPrefix)
	}
	return &Client{server: u, token: o.Token, clock: o.Clock, http: &http.Client{
		Transport: o.Transport,
		// Where else the token would go is for a person to say.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// serverOf checks the address of a server.
func serverOf(text string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("it is no address of a server: write it as https://fleet.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the address of a server has no name, password or query: the token is given otherwise")
	case u.Scheme == "http" && !allowHTTP && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("others on the way to %s could read the token over http: use https", u.Host)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Jobs is [fleet.Table.Jobs], without metrics.
func (c *Client) Jobs(ctx context.Context) ([]fleet.Entry, error) {
	var answer Jobs
	err := c.get(ctx, "/jobs", nil, &answer)
	all := make([]fleet.Entry, len(answer.Jobs))
	for i := range answer.Jobs {
		all[i] = fromJob(&answer.Jobs[i])
	}
	return all, err
}

// Runs is [fleet.Table.Runs].
func (c *Client) Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error) {
	var answer Runs
	values := query("job", q.Job, "id", number(q.ID), "before", number(q.Before), "limit", number(int64(q.Limit)))
	if q.Failed {
		values.Set("failed", "true")
	}
	err := c.get(ctx, "/runs", values, &answer)
	all := make([]fleet.Run, len(answer.Runs))
	for i := range answer.Runs {
		all[i] = *fromRun(&answer.Runs[i])
	}
	return all, err
}

// Lines is [fleet.Table.Lines].
func (c *Client) Lines(ctx context.Context, run, after int64) ([]fleet.Line, error) {
	var answer Lines
	err := c.get(ctx, "/runs/"+strconv.FormatInt(run, 10)+"/lines", query("after", number(after)), &answer)
	all := make([]fleet.Line, len(answer.Lines))
	for i, l := range answer.Lines {
		all[i] = fleet.Line{Number: l.Number, Data: l.Event}
	}
	return all, err
}

// Acts is [fleet.Table.Acts].
func (c *Client) Acts(ctx context.Context, q fleet.ActQuery) ([]fleet.Act, error) {
	var answer Acts
	err := c.get(ctx, "/acts", query("job", q.Job, "by", q.By, "deed", string(q.Deed), "before", number(q.Before), "limit", number(int64(q.Limit))), &answer)
	all := make([]fleet.Act, len(answer.Acts))
	for i := range answer.Acts {
		all[i] = fleet.Act(answer.Acts[i])
	}
	return all, err
}

// Attendance is [fleet.Processes.Attendance].
func (c *Client) Attendance(ctx context.Context) (fleet.Attendance, error) {
	var answer Attendance
	err := c.get(ctx, "/processes", nil, &answer)
	a := fleet.Attendance{Now: answer.Now, Processes: make([]fleet.Process, len(answer.Processes))}
	for i := range answer.Processes {
		a.Processes[i] = fleet.Process(answer.Processes[i])
	}
	return a, err
}

// Do is [fleet.Table.Do], for what people do to jobs. The server knows by the token who
// does it.
func (c *Client) Do(ctx context.Context, a fleet.Act) error {
	for _, d := range deeds {
		if d.deed == a.Deed {
			return c.post(ctx, "/jobs/"+url.PathEscape(a.Job)+"/"+d.path, Request{Reason: a.Detail, Run: a.Run}, &struct{}{})
		}
	}
	return fmt.Errorf("%s is nothing that a server does for somebody", a.Deed)
}

// number is one as a query has it; "": 0.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// query returns names with values that are not "".
func query(pairs ...string) url.Values {
	all := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all.Set(pairs[i], pairs[i+1])
		}
	}
	return all
}

func (c *Client) get(ctx context.Context, path string, values url.Values, answer any) error {
	return c.call(ctx, http.MethodGet, path, values, nil, answer)
}

func (c *Client) post(ctx context.Context, path string, request, answer any) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, path, nil, data, answer)
}

// How long an answer may take, and how large it may be.
const (
	patience   = 2 * time.Minute
	largest    = 256 << 20
	largestBad = 64 << 10
)

// call makes a call, and reads its answer.
func (c *Client) call(ctx context.Context, method, path string, values url.Values, body []byte, answer any) (err error) {
	ctx, cancel := c.clock.WithTimeout(ctx, patience)
	defer cancel()
	u := c.server.JoinPath(root + path)
	u.RawQuery = values.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK || !isJSON(response) {
		return c.refused(response)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, largest+1))
	switch {
	case err != nil:
		return c.unreachable(err)
	case len(data) > largest:
		return fmt.Errorf("the answer of %s is larger than %d MiB: ask for less, by --limit", c.server, largest>>20)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("the answer of %s is not understood, as from another version of domainsync: %w", c.server, err)
	}
	return nil
}

func isJSON(r *http.Response) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
}

// refused says in words why a server does not do what it was asked for.
func (c *Client) refused(r *http.Response) error {
	var told struct {
		Error struct {
			access.Problem
			Job  string   `json:"job"`
			Have []string `json:"have"`
		} `json:"error"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, largestBad))
	if err != nil || !isJSON(r) || json.Unmarshal(data, &told) != nil || told.Error.Code == "" {
		return c.another(r)
	}
	switch p := &told.Error; {
	case p.Code == codeNoJob:
		return &fleet.NoJobError{Job: p.Job, Have: p.Have}
	case r.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%s does not take the token: it is wrong, it has expired, or it was taken out of the file of the fleet; domainsync jobs token makes another one", c.server)
	case p.Needs != "":
		return fmt.Errorf("%s does not let you do that: it takes the role %s: %s", c.server, p.Needs, p.Message)
	case r.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%s does not look at tokens for now, after too many that were wrong: try again in %s seconds", c.server, r.Header.Get("Retry-After"))
	case r.StatusCode == http.StatusConflict: // the words of a command
		return errors.New(p.Message)
	default:
		return fmt.Errorf("%s refuses: %s", c.server, p.Message)
	}
}

// another says that something else answers than a process that serves a fleet.
func (c *Client) another(r *http.Response) error {
	if to := r.Header.Get("Location"); to != "" && r.StatusCode/100 == 3 {
		return fmt.Errorf("%s sends to %s, and the token goes nowhere else: give that address, if it is the fleet's", c.server, to)
	}
	return fmt.Errorf("%s answers %q, and not as domainsync serve does: look at the address, and at proxies before it", c.server, r.Status)
}

// unreachable says in words why no answer came.
func (c *Client) unreachable(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // it repeats the address
	}
	why := err.Error()
	if s, ok := certificateTrouble(err); ok {
		return fmt.Errorf("the certificate of %s is not trusted: %s", c.server, s)
	}
	if strings.Contains(why, "server gave HTTP response to HTTPS client") {
		return fmt.Errorf("%s does not speak HTTPS: look at the address and its port", c.server)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return fmt.Errorf("there is no host %s: look at the address", c.server.Hostname())
	}
	return fmt.Errorf("%s cannot be reached: %w", c.server, err)
}
