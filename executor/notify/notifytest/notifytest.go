// Package notifytest has servers on loopback that take messages, and fail at times.
package notifytest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sourcegraph/conc"
)

// An Inbox is what a server has taken.
type Inbox struct {
	mu       sync.Mutex
	messages []string
	asked    int
	fails    func(n int) bool
}

// Messages returns what was taken, the oldest first.
func (b *Inbox) Messages() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.messages...)
}

// Fail says whether the n-th message from now on, from 1, is refused; nil: none is.
func (b *Inbox) Fail(which func(n int) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails, b.asked = which, 0
}

// take keeps a message, unless it is to be refused.
func (b *Inbox) take(message string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if b.fails != nil && b.fails(b.asked) {
		return false
	}
	b.messages = append(b.messages, message)
	return true
}

// Webhook starts a server that takes what is sent to it, and answers 503 where it is to
// fail. Messages are requests: the method and the path with its query, then the body.
func Webhook(t testing.TB) (address string, inbox *Inbox) {
	inbox = new(Inbox)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !inbox.take(r.Method+" "+r.URL.RequestURI()+"\n"+string(body)) {
			http.Error(w, "not now", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), inbox
}

// Mail starts a mail server that takes what is sent to it, and answers 451 where it is
// to fail. Messages are mails with their headers.
func Mail(t testing.TB) (address string, inbox *Inbox) {
	inbox = new(Inbox)
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Fatal(err)
	}
	var group conc.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { inbox.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return l.Addr().String(), inbox
}

// serve takes the mails of one connection.
func (b *Inbox) serve(c net.Conn) {
	defer c.Close() //nolint:errcheck // the client has gone
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 mail.example.com ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "DATA":
			say("354 go on")
			text, err := readMail(in)
			switch {
			case err != nil:
				return
			case b.take(text):
				say("250 taken")
			default:
				say("451 try again later")
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// readMail reads a mail up to the line that ends it.
func readMail(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}
