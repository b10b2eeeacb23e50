package pgsql_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/domainsync/domainsync/internal/pgsql"
)

// TestIsOutOfReach: what can pass in a minute, and what somebody has to mend.
func TestIsOutOfReach(t *testing.T) {
	t.Parallel()
	_, refused := pgconn.Connect(t.Context(), "postgres://domainsync@127.0.0.1:1/domainsync")
	for _, test := range []struct {
		err  error
		want bool
	}{
		{refused, true},
		{io.ErrUnexpectedEOF, true},
		{&pgconn.PgError{Code: "57P01"}, true},  // the server is being stopped
		{&pgconn.PgError{Code: "57P03"}, true},  // it is being started
		{&pgconn.PgError{Code: "53300"}, true},  // it has no connection left
		{&pgconn.PgError{Code: "28P01"}, false}, // the password is wrong
		{&pgconn.PgError{Code: "42P01"}, false}, // a table is missing
		{errors.New("the tables are of a newer version"), false},
	} {
		if got := pgsql.IsOutOfReach(fmt.Errorf("opened: %w", test.err)); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}
