// Package journal is the durable record of what runs do to an account.
//
// It holds facts, each written once and never changed: a request is about to
// leave, a task was saved, a result came. Where a batch or a step stands is
// computed from them, by [Ledger] alone. What keeps them is a [store.Store].
//
// A journal belongs to one account at one endpoint. A write that fails ends
// it: whoever cannot record what it does must not go on doing it.
package journal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// Options say how a journal is opened.
type Options struct {
	// Endpoint and Account say whose journal is meant, where many accounts share
	// a state. A directory belongs to one and needs neither.
	Endpoint, Account string
	// Choose takes the one account that the state has, where Account is empty;
	// otherwise that is an [*AccountError].
	Choose bool
	// LockTimeout is how long to wait for another run to end.
	LockTimeout time.Duration
	// Clock measures the wait for the lock, and for how long it is held: nothing may
	// move its time meanwhile. The zero value is the system's.
	Clock clock.Clock
	// Now tells what time it is for what is recorded; nil: that of Clock.
	Now func() time.Time
	// Credential gives the account's own credential, for a bucket of OSS.
	Credential store.Credential
	// Lease is how long the account stays held in a shared state after its holder was
	// heard of last; 0: [store.DefaultLease].
	Lease time.Duration
	// Transport sends the requests to a bucket; nil: its own.
	Transport http.RoundTripper
	// Memory keeps states by their names, for as long as the process lives: then a
	// state is neither a directory nor a URL. Nil: a state is what its name says.
	Memory *memory.States
	// ReadOnly opens without the lock, beside a run, and also where there is
	// no journal yet; nothing can be written then.
	ReadOnly bool
	// Hook, where set, is called before and after each durable write. Its
	// error ends the journal as the death of the process would.
	Hook func(point string) error
}

// A Journal is the record of one account.
type Journal struct {
	store store.Store
	now   func() time.Time
	hook  func(string) error

	mu    sync.Mutex
	dead  error
	batch int64 // the number of the last batch, 0 before it was looked up
}

// A WriteError says that the journal could not be written. Nothing more may be
// sent then.
type WriteError struct {
	What string
	Err  error
}

// Error names what could not be recorded.
func (e *WriteError) Error() string {
	return fmt.Sprintf("the journal cannot record %s: %v", e.What, e.Err)
}

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// A BindingError says that a journal belongs to another account or endpoint.
type BindingError struct {
	What       string // "account" or "endpoint"
	Have, Want string
}

// Error says whose state it is and what to do.
func (e *BindingError) Error() string {
	return fmt.Sprintf("the state belongs to the %s %s, not to %s; each account at each endpoint needs a state directory of its own, which --state-dir names", e.What, e.Have, e.Want)
}

// What a store says, for those who open journals.
type (
	// LockedError says that another run holds the account.
	LockedError = store.LockedError
	// FencedError says that this process has lost the account to another one.
	FencedError = store.FencedError
	// AccountError says that it was not said whose journal in a shared state is meant.
	AccountError = store.AccountError
	// FileError says that the file of a journal is not what a run left there.
	FileError = sqlite.FileError
)

// ErrReadOnly is the error of a write to a journal that was opened to be read.
var ErrReadOnly = store.ErrReadOnly

// Open opens the journal in a state, which is a directory or the URL of one that
// many machines share (see [Shared]), and makes it where it is missing. It holds
// the account until Close; a [*LockedError] says that another run holds it. A
// [*MovedError] or an [*UnfinishedError] says that the state does not count.
func Open(ctx context.Context, state string, o Options) (*Journal, error) {
	s, err := openStore(ctx, state, o)
	if err != nil {
		return nil, err
	}
	if err := (Place{s, Where(state)}).Counts(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return In(s, o), nil
}

// openStore opens what keeps the journal in a state, whether or not it counts.
func openStore(ctx context.Context, state string, o Options) (store.Store, error) {
	open := sqlite.Open
	switch {
	case o.Memory != nil:
		return o.Memory.State(state).Open(ctx, o.store())
	case pgsql.Is(state):
		open = postgres.Open
	case bucket.Is(state):
		open = bucket.Open
	case Shared(state):
		return nil, unknownForm(state)
	}
	return open(ctx, state, o.store())
}

// store are the options of a store.
func (o Options) store() store.Options {
	return store.Options{
		Endpoint: o.Endpoint, Account: o.Account, Choose: o.Choose, LockTimeout: o.LockTimeout, Clock: o.Clock, ReadOnly: o.ReadOnly,
		Credential: o.Credential, Lease: o.Lease, Transport: o.Transport,
	}
}

// unknownForm says that a state is a URL of no kind that keeps journals.
func unknownForm(state string) error {
	scheme, _ := schemeOf(state)
	return fmt.Errorf("no state is of the form %s://; it is a directory, postgres://, oss:// or s3://", scheme)
}

// Shared reports whether a state is a URL, which many accounts and machines share,
// and no directory.
func Shared(state string) bool {
	_, ok := schemeOf(state)
	return ok
}

// CheckForm refuses a URL of no kind that keeps journals, before any is opened.
func CheckForm(state string) error {
	if Shared(state) && !pgsql.Is(state) && !bucket.Is(state) {
		return unknownForm(state)
	}
	return nil
}

// schemeOf returns the scheme of a state that is a URL, or was meant as one: with a
// slash too few it is no directory either. A single letter is a drive.
func schemeOf(state string) (scheme string, ok bool) {
	scheme, _, ok = strings.Cut(state, ":/")
	return scheme, ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`)
}

// In returns the journal that a store keeps.
func In(s store.Store, o Options) *Journal {
	if o.Now == nil {
		o.Now = o.Clock.Now
	}
	return &Journal{store: s, now: o.Now, hook: o.Hook}
}

// Close gives the account back.
func (j *Journal) Close() error { return j.store.Close() }

// Now returns the time by which the journal records.
func (j *Journal) Now() time.Time { return j.now() }

// Held returns nil while this process certainly holds the account. It is asked
// right before something is sent: a write that is durable says nothing of the
// time after it, in which the process may have been stopped. Otherwise the
// journal is dead.
func (j *Journal) Held(ctx context.Context) error {
	err := j.store.Held(ctx)
	if err == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead == nil {
		j.dead = &WriteError{What: "that this run still holds the account", Err: err}
	}
	return j.dead
}

// Check says whether the journal belongs to the account at the endpoint: a
// [*BindingError] says that it does not. An empty account is one that nobody
// knows yet; it agrees with any, and so does a journal that was not used yet.
func (j *Journal) Check(ctx context.Context, endpoint, account string) error {
	haveEndpoint, haveAccount, err := j.Binding(ctx)
	switch {
	case err != nil:
		return err
	case haveEndpoint != "" && haveEndpoint != endpoint:
		return &BindingError{What: "endpoint", Have: haveEndpoint, Want: endpoint}
	case haveAccount != "" && account != "" && haveAccount != account:
		return &BindingError{What: "account", Have: haveAccount, Want: account}
	}
	return nil
}

// Bind is Check, and binds the journal to the account at its first use. It is
// for whoever has had an answer of the account: an endpoint that was mistyped
// owns no journal.
func (j *Journal) Bind(ctx context.Context, endpoint, account string) error {
	if err := j.Check(ctx, endpoint, account); err != nil {
		return err
	}
	haveEndpoint, haveAccount, err := j.Binding(ctx)
	if err != nil || haveEndpoint != "" && (account == "" || haveAccount != "") {
		return err
	}
	r, err := encode(about{kind: kindBinding, at: j.Now()}, bindingData{Endpoint: text(endpoint), Account: text(account)})
	if err != nil {
		return err
	}
	records := []store.Record{r}
	if haveEndpoint == "" {
		lies, err := j.store.Incarnation(ctx)
		if err != nil {
			return err
		}
		if lies != "" {
			first, err := incarnationRecord(lies, j.Now())
			if err != nil {
				return err
			}
			records = append(records, first)
		}
	}
	return j.append(ctx, "the account", records...)
}

// Binding returns the endpoint and account that the journal belongs to, empty
// where it was not used yet.
func (j *Journal) Binding(ctx context.Context) (endpoint, account string, err error) {
	var b bindingData
	_, err = j.last(ctx, store.Query{Kinds: []string{kindBinding}}, &b)
	return string(b.Endpoint), string(b.Account), err
}

// append makes records durable, all or none.
func (j *Journal) append(ctx context.Context, what string, records ...store.Record) error {
	return j.write(ctx, what, func(ctx context.Context) error { return j.store.Append(ctx, records) })
}

// write makes one durable write. What has begun is finished, whatever happens
// to the context: it is a fact already. After an error the journal is dead.
func (j *Journal) write(ctx context.Context, what string, f func(context.Context) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead == nil {
		j.dead = j.writeAlive(context.WithoutCancel(ctx), what, f)
	}
	return j.dead
}

func (j *Journal) writeAlive(ctx context.Context, what string, f func(context.Context) error) error {
	if err := j.stop(what + ": before"); err != nil {
		return err
	}
	err := f(ctx)
	switch {
	case errors.Is(err, ErrReadOnly):
		return err
	case err != nil:
		return &WriteError{What: what, Err: err}
	}
	return j.stop(what + ": after")
}

func (j *Journal) stop(point string) error {
	if j.hook == nil {
		return nil
	}
	if err := j.hook(point); err != nil {
		return &WriteError{What: point, Err: err}
	}
	return nil
}

// Dead returns the error that ended the journal, nil while it lives.
func (j *Journal) Dead() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dead
}

// last decodes the data of the last record that a query selects. It returns nil
// where there is none.
func (j *Journal) last(ctx context.Context, q store.Query, data any) (found *store.Record, err error) {
	q.Last = true
	err = j.store.Load(ctx, q, func(r *store.Record) error {
		found = r
		return decode(r, data)
	})
	return found, err
}

// appendPacked makes a record of packed data durable.
func (j *Journal) appendPacked(ctx context.Context, what string, a about, data []byte) error {
	packed, err := pack(data)
	if err != nil {
		return err
	}
	return j.append(ctx, what, a.record(packed))
}

// lastPacked returns the data of the last such record with a key, "" where its kind has
// none. It returns nil where there is none.
func (j *Journal) lastPacked(ctx context.Context, kind, key string) (data []byte, err error) {
	q := store.Query{Kinds: []string{kind}, Last: true}
	if key != "" {
		q.Keys = []string{key}
	}
	err = j.store.Load(ctx, q, func(r *store.Record) error {
		data, err = unpack(r.Data)
		return err
	})
	return data, err
}

// reserve returns the first of n numbers of batches that nobody has yet.
func (j *Journal) reserve(ctx context.Context, n int) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.batch == 0 {
		err := j.store.Load(context.WithoutCancel(ctx), store.Query{Kinds: []string{kindIntent}, Last: true}, func(r *store.Record) error {
			j.batch = r.Batch
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	first := j.batch + 1
	j.batch += int64(n)
	return first, nil
}
