// Package store says what keeps a journal: records in one order, which one
// process at a time adds to.
//
// What a record means is the journal's concern alone. So a store needs no
// schema of facts, and whatever can keep numbered pieces of data, each made
// once, can be one: a database, or objects in a bucket.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// Options say how a store is opened.
type Options struct {
	// Endpoint and Account say whose records are meant, where many accounts share
	// a place. A directory belongs to one account and needs neither.
	Endpoint, Account string
	// Choose takes the one account that the place has, where Account is empty, as
	// who only looks into its journal may. Otherwise that is an [*AccountError].
	Choose bool
	// LockTimeout is how long to wait for another run to end.
	LockTimeout time.Duration
	// Lease is how long an account stays held after its holder was heard of last,
	// where nothing else tells that it died; 0: [DefaultLease].
	Lease time.Duration
	// Clock measures these times; the zero value is the system's.
	Clock clock.Clock
	// ReadOnly opens without holding the account, beside a run, and also where
	// there is nothing yet.
	ReadOnly bool
	// Credential gives the account's own credential, for a state that lies with the
	// service; nil: there is none.
	Credential Credential
	// Transport sends the requests to a state that is reached by HTTP; nil: its own.
	Transport http.RoundTripper
}

// A Credential gives an access key for one request, with a token where it is a
// temporary one.
type Credential func(ctx context.Context) (id, secret, token string, err error)

// DefaultLease is how long an account stays held after its holder was heard of
// last.
const DefaultLease = 30 * time.Second

// A Record is one entry of a journal: facts of one kind about one run, or about
// the account, that became durable together. It is never changed.
type Record struct {
	// Number is its place among all records of the account. The store gives it.
	Number int64
	// Fence is the writer's: which of all that held the account wrote it. The
	// store gives it.
	Fence int64
	Run   int64  // 0: it is about the account
	Batch int64  // 0: it is about the run as a whole
	Kind  string // what the data is
	// Key is what records of a kind are looked up by, "" where they are not. It
	// may be any bytes.
	Key  string
	At   int64  // when it happened, in milliseconds since the epoch
	Data []byte // any bytes, also none
}

// A Query selects records. Its zero value selects all; each member that is set
// narrows that.
type Query struct {
	Kinds   []string
	Keys    []string
	Run     int64
	Batches []int64
	Since   int64 // those that happened then or later, in milliseconds since the epoch
	Last    bool  // only the last of those that the other members select
}

// Selects reports whether a query selects a record, as one of many where it asks
// for the last.
func (q *Query) Selects(r *Record) bool {
	return (q.Kinds == nil || slices.Contains(q.Kinds, r.Kind)) &&
		(q.Keys == nil || slices.Contains(q.Keys, r.Key)) &&
		(q.Run == 0 || q.Run == r.Run) &&
		(q.Batches == nil || slices.Contains(q.Batches, r.Batch)) &&
		r.At >= q.Since
}

// Selector returns a function that does what Selects does, for many records: a query
// may ask for thousands of keys or batches.
func (q *Query) Selector() func(*Record) bool {
	keys, batches := setOf(q.Keys), setOf(q.Batches)
	rest := *q
	rest.Keys, rest.Batches = nil, nil
	return func(r *Record) bool {
		return rest.Selects(r) && (q.Keys == nil || keys[r.Key]) && (q.Batches == nil || batches[r.Batch])
	}
}

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, x := range list {
		set[x] = true
	}
	return set
}

// A Store keeps the records of one account at one endpoint. Whoever opened it to
// write holds the account until Close; nobody else can write meanwhile. It is
// safe for use by many goroutines at once.
//
// Each holder of an account has a number, its fence, that is greater than those
// of all holders before it. A store promises that
//
//   - records that were added at once are there all or none, however the process,
//     the machine or the connection to the store ends;
//   - when Append returns nil they survive all of that;
//   - when it returns an error, none of them is there, now or later, or it is
//     not known: the caller must not add anything after that;
//   - a record of a holder that has lost the account is never added, however
//     late its writer comes: that Append returns a [*FencedError];
//   - the numbers of records grow in the order in which they were added, and are
//     never used twice;
//   - texts and data come back as they were given, byte by byte, those that are
//     no UTF-8 and those with a zero byte among them;
//   - what other accounts and other endpoints have in the same place is neither
//     read nor changed.
type Store interface {
	// Append adds records, all or none, and returns when they are durable. Their
	// numbers and fences are the store's to give.
	Append(ctx context.Context, records []Record) error
	// Load calls each for the records that a query selects, in the order of their
	// numbers, as they were at one moment; all that was added by this store is
	// among them. An error of each ends it. Each must not use the store.
	Load(ctx context.Context, q Query, each func(*Record) error) error
	// Remove forgets all records of some runs, and some records by their numbers,
	// all or none, and gives their room back. An error that wraps [ErrRoomKept]
	// says that it did the first alone.
	Remove(ctx context.Context, runs, numbers []int64) error
	// Replace puts kinds and data of records in the place of those of the records that
	// have their numbers, all or none, and leaves nothing of what was there. An error
	// that wraps [ErrRoomKept] says that it did the first alone.
	Replace(ctx context.Context, records []Record) error
	// Held returns nil while this process holds the account, as far as that can be
	// known without a doubt. It is for whoever is about to do what nobody else may
	// do at the same time, and asks the store where it must.
	Held(ctx context.Context) error
	// Incarnation names what the records lie in, as closely as the store can tell.
	// Another text than before says that they may have been put back from a copy,
	// or that a replica took their place: then the last ones may be missing. "" says
	// that nothing can be told.
	Incarnation(ctx context.Context) (string, error)
	// Close gives the account back.
	Close() error
}

// ErrReadOnly is the error of a write to a store that was opened to be read.
var ErrReadOnly = errors.New("the journal is open for reading only")

// ErrRoomKept says that records are forgotten and still take their room.
var ErrRoomKept = errors.New("it is forgotten, and still takes its room")

// A LockedError says that another run holds the account.
type LockedError struct {
	Where  string    // the store, without its secrets
	Holder string    // who holds it and since when, "" where that is not known
	Until  time.Time // when it ends unless its holder lives; zero: with its process
}

// Error says who holds the account and what to do.
func (e *LockedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	until := ""
	if !e.Until.IsZero() {
		until = fmt.Sprintf(" until %s, and longer while it lives", e.Until.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("another run holds the account: %s has locked %s%s; wait for it to end, or give it time with --lock-timeout", holder, e.Where, until)
}

// An Account says whose records are meant where many accounts share a place.
type Account struct{ Endpoint, Account string }

// String is how people read it.
func (a Account) String() string { return a.Account + " at " + a.Endpoint }

// Is reports whether it is the account that options name. What they leave out is
// any.
func (a Account) Is(o *Options) bool {
	return (o.Endpoint == "" || o.Endpoint == a.Endpoint) && (o.Account == "" || o.Account == a.Account)
}

// An AccountError says that many accounts share a place, and that it was not said
// which one is meant.
type AccountError struct {
	Where string
	Have  []Account // those that have a journal there
}

// Error says how to say it.
func (e *AccountError) Error() string {
	have := ""
	if len(e.Have) > 0 {
		names := make([]string, len(e.Have))
		for i, a := range e.Have {
			names[i] = a.String()
		}
		have = " (it has the journals of " + strings.Join(names, ", ") + ")"
	}
	return fmt.Sprintf("many accounts share the state %s%s, and no answer of the service has named this one: state its number as id in the account block", e.Where, have)
}

// A FencedError says that this process has lost the account to another one.
type FencedError struct {
	Where     string
	Mine, Now int64  // the fences of this process and of the last holder
	Holder    string // the last holder, "" where that is not known
}

// Error says what happened.
func (e *FencedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("this run has lost the account: %s took it over in %s (its turn is number %d, this one's was %d)", holder, e.Where, e.Now, e.Mine)
}

// Empty is a store that has nothing and takes nothing: what is read where no
// journal is yet.
type Empty struct{}

// Append returns [ErrReadOnly].
func (Empty) Append(context.Context, []Record) error { return ErrReadOnly }

// Load finds nothing.
func (Empty) Load(context.Context, Query, func(*Record) error) error { return nil }

// Remove returns [ErrReadOnly].
func (Empty) Remove(context.Context, []int64, []int64) error { return ErrReadOnly }

// Replace returns [ErrReadOnly].
func (Empty) Replace(context.Context, []Record) error { return ErrReadOnly }

// Held returns [ErrReadOnly].
func (Empty) Held(context.Context) error { return ErrReadOnly }

// Incarnation tells nothing.
func (Empty) Incarnation(context.Context) (string, error) { return "", nil }

// Close does nothing.
func (Empty) Close() error { return nil }
