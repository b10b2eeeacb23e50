package fleet

import (
	"context"
	"crypto/sha256"
	"time"
)

// A SessionID is the SHA-256 of what a browser shows to be taken for a person. Whoever
// reads the table cannot show it.
type SessionID [sha256.Size]byte

// A Session is a browser that is signed in.
type Session struct {
	ID     SessionID
	Person string
	// Token is what the person signed in with. What the session may do ends with it.
	Token TokenHash
	Began time.Time
	Until time.Time
}

// MostSessions is how many browsers of one person are signed in at a time. One more ends
// the oldest.
const MostSessions = 50

// Sessions keeps who is signed in, for all processes that serve a fleet. What it returned
// without an error holds for all of them at once.
type Sessions interface {
	// BeginSession keeps a session, and forgets those that have ended.
	BeginSession(ctx context.Context, s Session) error
	// Session returns a session; nil: there is none, or it has ended.
	Session(ctx context.Context, id SessionID) (*Session, error)
	// EndSession ends a session, if there is one.
	EndSession(ctx context.Context, id SessionID) error
}
