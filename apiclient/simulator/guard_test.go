package simulator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
)

// pipes is a listener whose connections are pipes within the process.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error { close(p); return nil }

func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestSlowBodiesEnd sends bodies byte by byte: the connection ends in time, and a
// body that comes in time is answered, however long the answer takes.
func TestSlowBodiesEnd(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/": "408", "/_simulator/faults": "408"} {
		synctest.Test(t, func(t *testing.T) {
			c := serveOn(t, simulator.Options{})
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n", path)
			began := time.Now()
			given := make(chan struct{})
			go func() {
				defer close(given)
				for {
					time.Sleep(5 * time.Second)
					if _, err := c.Write([]byte("x")); err != nil {
						return
					}
				}
			}()
			answer := answerOn(t, c)
			if !strings.HasPrefix(answer, "HTTP/1.1 "+want) {
				t.Errorf("%s: %s", path, answer)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s: the connection ended after %v", path, took)
			}
			<-given
		})
	}
}

// TestLargeBodiesEnd: what is left of a body that is too large is not waited for.
func TestLargeBodiesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := serveOn(t, simulator.Options{BodyLimit: 100})
		began := time.Now()
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n%s", strings.Repeat("x", 200))
		if answer := answerOn(t, c); !strings.HasPrefix(answer, "HTTP/1.1 413") || time.Since(began) > time.Minute {
			t.Errorf("after %v: %s", time.Since(began), answer)
		}
	})
}

// TestLongAnswersDoNotEnd: a call that a fault delays longer than a body may take
// is answered.
func TestLongAnswersDoNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := serveOn(t, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Delay, Wait: simulator.Range{Min: time.Hour, Max: time.Hour}}}}})
		began := time.Now()
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\n\r\nAction=QueryDomainList")
		if answer := answerOn(t, c); !strings.HasPrefix(answer, "HTTP/1.1 4") || strings.HasPrefix(answer, "HTTP/1.1 408") || time.Since(began) < time.Hour {
			t.Errorf("after %v: %s", time.Since(began), answer)
		}
	})
}

// serveOn serves a simulator on a pipe and returns the caller's end.
func serveOn(t *testing.T, o simulator.Options) net.Conn {
	t.Helper()
	listener := make(pipes)
	server := &http.Server{Handler: simulator.New(o).Handler(), ReadHeaderTimeout: time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	caller, callee := net.Pipe()
	listener <- callee
	t.Cleanup(func() { _, _ = caller.Close(), server.Close() })
	return caller
}

// answerOn reads until the connection ends.
func answerOn(t *testing.T, c net.Conn) string {
	t.Helper()
	answer, err := io.ReadAll(bufio.NewReader(c))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestControlsRefuseForeigners: whoever calls through a page of another origin,
// or by a name that was made to point here, reaches no control and changes
// nothing; the API, which has signatures, serves everybody.
func TestControlsRefuseForeigners(t *testing.T) {
	t.Parallel()
	local := &net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 8080}
	for _, test := range []struct {
		host, origin, site string
		allowed            bool
	}{
		{host: "127.0.0.1:8080", allowed: true},
		{host: "127.0.0.1", allowed: true},
		{host: "127.3.2.1:8080", allowed: true},
		{host: "[::1]:8080", allowed: true},
		{host: "localhost:8080", allowed: true},
		{host: "LOCALHOST.", allowed: true},
		{host: "192.0.2.7:8080", allowed: true},          // the address of the connection
		{host: "[::ffff:192.0.2.7]:8080", allowed: true}, // the same
		{host: "sim.example.net:8080", allowed: true},    // a name that it was told
		{host: "192.0.2.8:8080"},
		{host: "attacker.example:8080"},
		{host: "localhost.attacker.example"},
		{host: "127.0.0.1.attacker.example"},
		{host: "2130706433"}, // 127.0.0.1 as one number
		{host: ""},
		{host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080", site: "same-origin", allowed: true},
		{host: "127.0.0.1:8080", site: "none", allowed: true}, // typed into a browser
		{host: "127.0.0.1:8080", origin: "http://127.0.0.1:3000"},
		{host: "127.0.0.1:8080", origin: "https://attacker.example"},
		{host: "127.0.0.1:8080", origin: "null"},
		{host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080.attacker.example"},
		{host: "127.0.0.1:8080", site: "cross-site"},
		{host: "127.0.0.1:8080", site: "same-site"},
		{host: "attacker.example", origin: "http://attacker.example", site: "same-origin"},
	} {
		s := simulator.New(simulator.Options{Account: three(), ControlHosts: []string{"sim.example.net"}})
		for _, path := range []string{"/_simulator/faults", "/_simulator/stats", "/_simulator/"} {
			method, body := http.MethodGet, ""
			if strings.HasSuffix(path, "faults") {
				method, body = http.MethodPost, `{"limit_profile": "none"}`
			}
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local), method, path, strings.NewReader(body))
			r.Host = test.host
			for name, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if allowed := w.Code != http.StatusForbidden; allowed != test.allowed {
				t.Errorf("%+v: %s answers %d %s", test, path, w.Code, w.Body)
			}
		}
		if changed := s.Faults().LimitProfile == "none"; changed != test.allowed {
			t.Errorf("%+v: the faults are %+v", test, s.Faults())
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?Action=QueryDomainList", nil)
		r.Host = test.host
		w := httptest.NewRecorder()
		if s.Handler().ServeHTTP(w, r); w.Code == http.StatusForbidden {
			t.Errorf("%+v: the API is refused, too", test)
		}
	}
}
