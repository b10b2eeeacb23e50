package journal

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// An Account says whose journal is meant in a state that many share.
type Account = store.Account

// Where returns what a state is called in messages: a URL without its secrets, or a
// directory from the root on.
func Where(state string) string {
	switch {
	case pgsql.Is(state):
		return pgsql.Redacted(state)
	case bucket.Is(state):
		return bucket.Redacted(state)
	}
	if scheme, ok := schemeOf(state); ok {
		return scheme + "://…"
	}
	if abs, err := filepath.Abs(state); err == nil {
		return abs
	}
	return state
}

// Accounts returns those that have a journal in a state, in order, as far as the
// options name them. What a directory does not know of its account, the options say.
func Accounts(ctx context.Context, state string, o Options) ([]Account, error) {
	switch {
	case pgsql.Is(state):
		return postgres.Accounts(ctx, state, o.store())
	case bucket.Is(state):
		return bucket.Accounts(ctx, state, o.store())
	}
	o.ReadOnly = true
	s, err := openStore(ctx, state, o)
	if err != nil {
		return nil, err
	}
	a, there, err := ownerOf(ctx, s)
	if err := errors.Join(err, s.Close()); err != nil || !there {
		return nil, err
	}
	if a.Endpoint == "" {
		a.Endpoint = o.Endpoint
	}
	if a.Account == "" {
		a.Account = o.Account
	}
	return []Account{a}, nil
}

// ownerOf returns whose records a store has, as far as they tell, and whether there
// are any.
func ownerOf(ctx context.Context, s store.Store) (a Account, there bool, err error) {
	err = s.Load(ctx, store.Query{Last: true}, func(*store.Record) error {
		there = true
		return nil
	})
	if err != nil {
		return a, there, err
	}
	a.Endpoint, a.Account, err = In(s, Options{}).Binding(ctx)
	return a, there, err
}

// Move moves the journal of an account, which the options name, from one state to
// another one, and holds it at both ends meanwhile. See [MoveRecords].
func Move(ctx context.Context, from, to string, o Options) (records int, err error) {
	if Where(from) == Where(to) {
		return 0, errors.New("the state is there already: name another one to move it to")
	}
	src, err := openStore(ctx, from, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	dst, err := openStore(ctx, to, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	return MoveRecords(ctx, Place{src, Where(from)}, Place{dst, Where(to)}, In(src, o).Now())
}
