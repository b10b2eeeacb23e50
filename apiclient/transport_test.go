package apiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// against returns a client of a server on a loopback address.
func against(t testing.TB, endpoint string) *Client {
	t.Helper()
	transport := NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	return through(t, endpoint, transport)
}

func through(t testing.TB, endpoint string, transport http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Config{
		Endpoint: endpoint, Transport: transport, Attempts: 1,
		Credentials: Static{AccessKeyID: "testid", Secret: "testsecret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRequestOnTheWire(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
			t.Errorf("content type %q", got)
		}
		unsigned, signature, _ := bytes.Cut(form, []byte("&Signature="))
		if want := url.QueryEscape(sign("POST", unsigned, "testsecret")); string(signature) != want {
			t.Errorf("signature %s, want %s", signature, want)
		}
		fmt.Fprint(w, fine)
	}))
	defer server.Close()
	c := against(t, server.URL)
	if got, err := c.Submit(t.Context(), aWrite); err != nil || got.TaskNo != "T-1" {
		t.Errorf("%v, %v", got, err)
	}
	if skew, known := c.ServiceClock().Skew(); !known || skew.Abs() > 5*time.Second {
		t.Errorf("skew %v, %v", skew, known)
	}
}

// TestWhatFailedConnectionsMean breaks calls at each stage of a connection.
func TestWhatFailedConnectionsMean(t *testing.T) {
	hijack := func(w http.ResponseWriter, reply string) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = buffered.WriteString(reply)
		_ = buffered.Flush()
		_ = conn.Close()
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	untrusted.Config.ErrorLog = nil
	untrusted.StartTLS()
	defer untrusted.Close()
	redirected := 0
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch form, _ := io.ReadAll(r.Body); {
		case bytes.Contains(form, []byte("reset.example")):
			hijack(w, "")
		case bytes.Contains(form, []byte("cut.example")):
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"TaskNo\":\"T")
		case bytes.Contains(form, []byte("garbage.example")):
			hijack(w, "hello\r\n\r\n")
		case bytes.Contains(form, []byte("redirect.example")):
			redirected++
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	defer broken.Close()
	for _, test := range []struct {
		endpoint, name string
		want           wire.Outcome
	}{
		{closed.URL, "refused.example", wire.NotDone},
		{untrusted.URL, "untrusted.example", wire.NotDone},
		{"https://does-not-exist.invalid", "unresolved.example", wire.NotDone},
		{broken.URL, "reset.example", wire.Unknown},
		{broken.URL, "cut.example", wire.Unknown},
		{broken.URL, "garbage.example", wire.Unknown},
		{broken.URL, "redirect.example", wire.Unknown},
	} {
		c := against(t, test.endpoint)
		r := &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{test.name}}
		if _, err := c.Submit(t.Context(), r); wire.OutcomeOf(err) != test.want {
			t.Errorf("%s: %v (%v), want %v", test.name, wire.OutcomeOf(err), err, test.want)
		}
	}
	if redirected != 1 {
		t.Errorf("%d requests for one redirect", redirected)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := []byte(`{"TaskNo":"` + strings.Repeat("x", 1<<20))
		for r.Context().Err() == nil {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	_, err := against(t, server.URL).Submit(t.Context(), aWrite)
	if err == nil || !strings.Contains(err.Error(), "longer than") || wire.OutcomeOf(err) != wire.Unknown {
		t.Error(err)
	}
}

func TestLateAnswers(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	c := against(t, server.URL)
	c.timeout = 10 * time.Millisecond
	_, err := c.Submit(t.Context(), aWrite)
	if wire.OutcomeOf(err) != wire.Unknown || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "took longer than 30s") {
		t.Error(err)
	}
}

// TestCallersShareConnections counts the connections that 32 callers open
// while they read, after each has made its first calls.
func TestCallersShareConnections(t *testing.T) {
	const callers = 32
	var opened, arrived atomic.Int64
	all := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// The first requests are answered together, so that each caller has a
		// connection of its own from then on.
		if arrived.Add(1) == callers {
			close(all)
		}
		<-all
		fmt.Fprint(w, fine)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := against(t, server.URL)
	read := func(each int) {
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range each {
					if _, err := c.QueryDomainByDomainName(t.Context(), aRead); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	read(1)
	warm := opened.Load()
	read(50)
	if got := opened.Load(); got != warm {
		t.Errorf("%d callers opened %d connections, then %d more", callers, warm, got-warm)
	}
}

func TestMaySent(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for _, test := range []struct {
		asked, got bool
		err        error
		want       bool
	}{
		{false, false, dial, false},
		{false, false, fmt.Errorf("over a proxy: %w", dial), false},
		{false, false, &net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{false, false, context.Canceled, true},
		{true, false, context.Canceled, false},
		{true, true, dial, true},
	} {
		var f connectionTrace
		f.asked.Store(test.asked)
		f.got.Store(test.got)
		if got := f.mayHaveSent(test.err); got != test.want {
			t.Errorf("asked %v, got %v, %v: %v", test.asked, test.got, test.err, got)
		}
	}
}
