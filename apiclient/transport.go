package apiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// maxAnswer bounds the memory that an answer can ask for. A page of 1,000
// details takes half a megabyte.
const maxAnswer = 32 << 20

// NewTransport returns the transport of a client: HTTP/1.1 with enough idle
// connections for many callers. Connections rest for less time than a load
// balancer keeps them, so that a write does not go out on one that is closing:
// its fate would be unknown.
func NewTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		Protocols:              protocols,
	}
}

// answer is what came back for one request. The body is valid until release.
type answer struct {
	status int
	header http.Header
	body   *bytes.Buffer
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (a *answer) release() {
	if a.body != nil && a.body.Cap() <= 1<<20 {
		buffers.Put(a.body)
	}
	a.body = nil
}

// send sends one form and reads the answer. The boolean tells whether some of
// the form may have reached the service.
func (c *Client) send(ctx context.Context, form []byte) (answer, bool, error) {
	var f connectionTrace
	req := c.template.WithContext(f.watch(ctx))
	req.ContentLength = int64(len(form))
	req.Body = newBody(form)
	// The transport asks for the body again only where it has written nothing.
	req.GetBody = func() (io.ReadCloser, error) { return newBody(form), nil }
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return answer{}, f.mayHaveSent(err), err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = read(resp.Body)
	return a, true, err
}

func read(from io.Reader) (*bytes.Buffer, error) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if _, err := b.ReadFrom(io.LimitReader(from, maxAnswer+1)); err != nil {
		return b, err
	}
	if b.Len() > maxAnswer {
		return b, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return b, nil
}

// newBody returns a form as a request's body. It is of types that net/http
// knows to be in memory: headers and form go out in one write. It is not
// reused: a transport may still read it when it has returned.
func newBody(form []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(form)) }

// connectionTrace watches whether a request got a connection.
type connectionTrace struct{ asked, got atomic.Bool }

func (f *connectionTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { f.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { f.got.Store(true) },
	})
}

// mayHaveSent reports whether some of a request may have been written. It is false
// only where there was no connection to write to.
func (f *connectionTrace) mayHaveSent(err error) bool {
	if f.asked.Load() || f.got.Load() {
		return f.got.Load()
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Op != "dial"
}
