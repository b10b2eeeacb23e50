package pgtest

import (
	"context"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// A Cut says what becomes of a connection at a message to the database.
type Cut int

// The cuts.
const (
	Pass    Cut = iota // the message and its answer pass
	Ask                // the connection ends before the database learns of it
	Answers            // the database learns of it, and no answer comes back
)

// A Relay is on the way to a database, and breaks connections when it is told to.
type Relay struct {
	net.Listener
	to  atomic.Pointer[string]
	cut func(message []byte) Cut
}

// Between starts a relay for the time of a test, and returns the URL of a database behind
// it. Cut is asked about each message, from several goroutines.
func Between(t testing.TB, database string, cut func(message []byte) Cut) (*Relay, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{Listener: l, cut: cut}
	r.LeadTo(u.Host)
	u.Host = l.Addr().String()
	go r.serve(t.Context())
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, u.String()
}

// LeadTo leads new connections to a server.
func (r *Relay) LeadTo(host string) { r.to.Store(&host) }

func (r *Relay) serve(ctx context.Context) {
	for {
		client, err := r.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(ctx, "tcp", *r.to.Load())
		if err != nil {
			shut(client)
			continue
		}
		go r.pass(client, server)
	}
}

// shut ends a connection, of which the other end may be gone.
func shut(c net.Conn) { _ = c.Close() }

// pass passes what a client says, and the answers, until it breaks the connection.
func (r *Relay) pass(client, server net.Conn) {
	var quiet atomic.Bool // the answers are lost
	go func() {
		defer shut(client)
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err != nil || quiet.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	defer shut(server)
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		switch r.cut(buffer[:n]) {
		case Ask:
			shut(client)
			return
		case Answers:
			quiet.Store(true)
		case Pass:
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}
