package simulator

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
)

// Handler serves the API at / and the controls at /_simulator/, these to callers
// of this machine alone, and to none that a page of another origin makes call.
func (s *Simulator) Handler() http.Handler {
	controls := s.controls()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := strings.HasPrefix(r.URL.Path, controlPath)
		if why := foreignCaller(r, s.options.ControlHosts); control && why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		if err := receive(w, r, s.bodyLimit()); err != nil {
			refuseBody(w, err)
			return
		}
		if control {
			controls.ServeHTTP(w, r)
			return
		}
		a, err := s.serve(r)
		if err != nil {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
		header := w.Header()
		for name, values := range a.header {
			header[name] = values
		}
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body) // the caller is gone: nobody is left to tell
	})
}

// Transport carries requests to the simulator in process, without sockets and
// goroutines. A connection that a fault or a hook breaks is that error.
func (s *Simulator) Transport() http.RoundTripper {
	return transport{s, s.controls()}
}

type transport struct {
	simulator *Simulator
	controls  http.Handler
}

// RoundTrip answers a request; see [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RemoteAddr = "127.0.0.1:1"
	if in.Host == "" {
		in.Host = in.URL.Host
	}
	if strings.HasPrefix(r.URL.Path, controlPath) {
		w := &recorder{reply{status: http.StatusOK, header: http.Header{}}}
		t.controls.ServeHTTP(w, in)
		return w.response(r), nil
	}
	a, err := t.simulator.serve(in)
	traceConnection(r, !refusedConnection(err))
	if err != nil {
		return nil, err
	}
	return a.response(r), nil
}

// traceConnection tells whoever watches the request whether it got a connection
// and left, as a network transport does.
func traceConnection(r *http.Request, got bool) {
	trace := httptrace.ContextClientTrace(r.Context())
	if trace == nil {
		return
	}
	if trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if !got {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func (a *reply) response(r *http.Request) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

// recorder keeps what a handler writes.
type recorder struct{ reply }

// Header returns the answer's header.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *recorder) WriteHeader(status int) { w.status = status }

// Write keeps the body.
func (w *recorder) Write(p []byte) (int, error) {
	w.body = append(w.body, p...)
	return len(p), nil
}
