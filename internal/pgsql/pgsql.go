// Package pgsql opens databases of PostgreSQL: pools of connections that work behind a
// pooler which gives a connection to each transaction, tables that are brought to the
// version of the program, and errors that tell no password.
package pgsql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Is reports whether a state is the URL of a database.
func Is(state string) bool {
	return strings.HasPrefix(state, "postgres://") || strings.HasPrefix(state, "postgresql://")
}

// Redacted returns the URL of a database without its secrets.
func Redacted(state string) string {
	u, err := url.Parse(state)
	if err != nil || misread(u) {
		return "postgres://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Connect gives at most so many connections to the database that a URL names. None is
// made yet.
func Connect(ctx context.Context, state string, connections int32) (*pgxpool.Pool, error) {
	config, err := parse(state, connections)
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// errNoURL does not say what is wrong with it: that may be a part of the password.
var errNoURL = errors.New("it is no URL of the form postgres://user:password@host:5432/database?sslmode=verify-full; " +
	"in a password, / is written %2F, ? %3F, # %23, @ %40, and % itself %25")

// misread reports whether a URL ended its host before the @ that was meant, as one
// does whose password has a slash, a question mark or a hash in it: parts of the
// password would count as host, port and database.
func misread(u *url.URL) bool {
	return strings.Contains(u.Path+u.Fragment, "@") || u.User == nil && strings.Contains(u.RawQuery, "@")
}

// parse reads a URL without telling its secrets in an error.
func parse(state string, connections int32) (*pgxpool.Config, error) {
	if u, err := url.Parse(state); err != nil || misread(u) {
		return nil, errNoURL
	}
	config, err := pgxpool.ParseConfig(state)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			return nil, fmt.Errorf("its URL is not understood: %w", cause)
		}
		return nil, errors.New("its URL is not understood; it has the form postgres://user@host:5432/database?sslmode=verify-full")
	}
	config.MaxConns = connections
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.StatementCacheCapacity, config.ConnConfig.DescriptionCacheCapacity = 0, 0
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "domainsync"
	}
	return config, nil
}

// IsOutOfReach reports whether an error says that the database could not be reached at
// the time: there was no connection, or it broke, or the database was being started or
// stopped or had no connection left.
func IsOutOfReach(err error) bool {
	if _, said := errors.AsType[*pgconn.PgError](err); said {
		return IsTransient(err)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, onTheWay := errors.AsType[net.Error](err)
	return connecting || onTheWay || pgconn.Timeout(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsTransient reports whether an error can go away by itself: there is no connection,
// or the database is being started or stopped, or has stopped this transaction for the
// sake of another.
func IsTransient(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return true
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "40") || strings.HasPrefix(e.Code, "57P") || e.Code == "53300"
}
