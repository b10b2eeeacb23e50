package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// objects is what a store needs of a bucket. Each call is one request, or one for
// each page, and is not made again by itself.
type objects interface {
	// create makes an object unless there is one: then that is an errExists.
	create(ctx context.Context, key string, data []byte) error
	// put makes an object, or replaces it.
	put(ctx context.Context, key string, data []byte) error
	// get reads an object; an errAbsent says that there is none.
	get(ctx context.Context, key string) (object, error)
	// list returns the keys with a prefix that come after another, all of them, in
	// the order of their bytes.
	list(ctx context.Context, prefix, after string) ([]string, error)
	// remove deletes an object, also where there is none.
	remove(ctx context.Context, key string) error
	// versioning returns the word for the state of versions, "" where none were
	// ever kept.
	versioning(ctx context.Context) (string, error)
}

// An object is what was read of one.
type object struct {
	data []byte
	// modified is when it was written, and now when it was read, both by the clock
	// of the service and in whole seconds.
	modified, now time.Time
}

var (
	errExists = errors.New("the object is there already")
	errAbsent = errors.New("there is no such object")
)

// A refusedError is an answer that says that nothing was done, and that the same
// request will not do better.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// meaning returns what an answer of a service means. The codes are the same in both
// protocols: 412, or OSS's 409 with a code of its own, for an object that is there.
func meaning(err error, status int, code string) error {
	switch {
	case err == nil:
		return nil
	case status == http.StatusPreconditionFailed, code == "FileAlreadyExists":
		return errExists
	case status == http.StatusNotFound && code == "NoSuchKey":
		return errAbsent
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooManyRequests, status < 400, status >= 500:
		return err
	}
	return &refusedError{err}
}

// clockOf reads the time of the service from an answer.
func clockOf(h http.Header) (time.Time, error) {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return t, fmt.Errorf("an answer has no Date that can be read, so leases have no clock: %w", err)
	}
	return t, nil
}

// answerWithin is how long an answer is waited for.
const answerWithin = 15 * time.Second

// transport makes connections that follow nobody elsewhere and wait for no answer
// for ever, unless the caller has a transport.
func transport(o store.Options) http.RoundTripper {
	if o.Transport != nil {
		return o.Transport
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = answerWithin
	return t
}
