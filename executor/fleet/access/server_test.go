package access_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
)

// streaming is a guard with one stream, which tells its handler's end.
func streaming(t *testing.T, file func() *fleet.File, serve http.HandlerFunc) *access.Guard {
	t.Helper()
	g, err := access.New(access.Options{File: file, Log: slog.New(slog.DiscardHandler)}, []access.Route{
		{Method: "GET", Pattern: "/events", Least: fleet.Viewer, Stream: true, Handler: serve},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// viewer is a file with one person.
func viewer(role fleet.Role) *fleet.File {
	p := person("vic", role)
	p.Tokens[0].Expires = time.Now().Add(time.Hour)
	return &fleet.File{People: []fleet.Person{p}}
}

// TestStreamEndsWithTheRight: who looks on when a right ends sees no more of it.
func TestStreamEndsWithTheRight(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]*fleet.File{"out of the file": {}, "without a role": viewer("")} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var now atomic.Pointer[fleet.File]
				now.Store(viewer(fleet.Viewer))
				g := streaming(t, now.Load, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					r := httptest.NewRequestWithContext(t.Context(), "GET", "/events", nil)
					r.RemoteAddr = "127.0.0.1:1"
					bearer(tokenOf("vic"))(r)
					g.ServeHTTP(httptest.NewRecorder(), r)
				}()
				time.Sleep(10 * time.Minute)
				select {
				case <-ended:
					t.Fatal("it ended while nothing has changed")
				default:
				}
				changed := time.Now()
				now.Store(file)
				<-ended
				if took := time.Since(changed); took > 15*time.Second {
					t.Errorf("it went on for %s", took)
				}
			})
		})
	}
}

// TestStreamsOfOnePersonAreBounded, and one that ended makes room.
func TestStreamsOfOnePersonAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		file := viewer(fleet.Viewer)
		g := streaming(t, func() *fleet.File { return file }, func(http.ResponseWriter, *http.Request) { <-end })
		ask := func() int {
			r := httptest.NewRequest("GET", "/events", nil)
			r.RemoteAddr = "127.0.0.1:1"
			bearer(tokenOf("vic"))(r)
			rec := httptest.NewRecorder()
			g.ServeHTTP(rec, r)
			return rec.Code
		}
		for range 20 {
			go ask()
		}
		synctest.Wait()
		if code := ask(); code != 429 {
			t.Errorf("one more: %d", code)
		}
		close(end)
		synctest.Wait()
		if code := ask(); code != 200 {
			t.Errorf("when the others have ended: %d", code)
		}
	})
}

// pipes is a listener in memory, so that its connections go by the time of a test.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (*pipes) Addr() net.Addr { return address{} }

// connect returns the end of a caller from this machine.
func (p *pipes) connect() net.Conn {
	ours, theirs := net.Pipe()
	p.made <- fromHere{theirs}
	return ours
}

// fromHere is a connection from this machine.
type fromHere struct{ net.Conn }

func (fromHere) RemoteAddr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "tcp" }
func (address) String() string  { return "127.0.0.1:4711" }

// listening serves a handler until the test's function ends.
func listening(h http.Handler, test func(*pipes)) {
	p := &pipes{make(chan net.Conn), make(chan struct{})}
	server := access.NewServer(h, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(p) }()
	test(p)
	server.Close()          //nolint:errcheck // the test is over
	<-ended                 //nolint:errcheck // it was closed
	time.Sleep(time.Second) // of the test's time: a connection that was refused lingers
}

// TestSlowCallersAreCutOff: who sends a request byte by byte holds nothing up for long.
func TestSlowCallersAreCutOff(t *testing.T) {
	t.Parallel()
	reads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	})
	for name, test := range map[string]struct {
		begins string
		most   time.Duration
	}{
		"nothing":  {"", 10 * time.Second},
		"a header": {"GET / HTTP/1.1\r\nHost: example.com\r\nX-Slow: ", 10 * time.Second},
		"a body":   {"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 1000000\r\n\r\n", time.Minute},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listening(reads, func(p *pipes) {
					c, began := p.connect(), time.Now()
					go func() {
						_, err := io.WriteString(c, test.begins)
						for err == nil && test.begins != "" {
							time.Sleep(time.Second)
							_, err = io.WriteString(c, "x")
						}
					}()
					io.Copy(io.Discard, c) //nolint:errcheck // it ends when the server hangs up
					if took := time.Since(began); took < test.most || took > test.most+2*time.Second {
						t.Errorf("it was cut off after %s, want %s", took, test.most)
					}
					c.Close() //nolint:errcheck // it is closed on the other side
				})
			})
		})
	}
}

// TestHeadersAreBounded.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listening(http.NotFoundHandler(), func(p *pipes) {
			c := p.connect()
			defer c.Close()                                                                                                 //nolint:errcheck // it is closed on the other side
			go io.WriteString(c, "GET / HTTP/1.1\r\nHost: example.com\r\nX-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n") //nolint:errcheck // it is not read to its end
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, " 431 ") {
				t.Errorf("the answer is %q, %v", line, err)
			}
		})
	})
}

// TestStreamsOutliveTheTimesOfOthers: the server's times are for requests that end. Who
// does not read is cut off all the same.
func TestStreamsOutliveTheTimesOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := viewer(fleet.Viewer)
		ended := make(chan time.Duration, 1)
		g := streaming(t, func() *fleet.File { return file }, func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			for line := 1; r.Context().Err() == nil; line++ {
				began := time.Now()
				fmt.Fprintln(w, "line", line)
				if err := control.Flush(); err != nil {
					ended <- time.Since(began)
					return
				}
				time.Sleep(10 * time.Minute)
			}
			ended <- -1
		})
		listening(g, func(p *pipes) {
			c := p.connect()
			go io.WriteString(c, "GET /events HTTP/1.1\r\nHost: example.com\r\nAuthorization: Bearer dst_vic\r\n\r\n") //nolint:errcheck // the answer tells
			lines := bufio.NewScanner(c)
			for n := 1; n <= 3; {
				if !lines.Scan() {
					t.Fatalf("the stream ended before line %d: %v", n, lines.Err())
				}
				if lines.Text() == fmt.Sprint("line ", n) {
					n++
				}
			}
			if took := <-ended; took != time.Minute { // nobody reads the fourth
				t.Errorf("who does not read held it up for %s", took)
			}
			c.Close() //nolint:errcheck // it is closed on the other side
		})
	})
}
