package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the store of an account that the test closes.
func open(t *testing.T, state, account string) store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), state, store.Options{Endpoint: "https://domain.example", Account: account})
	check(t, err)
	return s
}

func add(s store.Store, kind string) error {
	return s.Append(context.Background(), []store.Record{{Kind: kind}, {Kind: kind}})
}

// kinds returns the kinds of all records in a store, in order.
func kinds(t *testing.T, s store.Store) string {
	t.Helper()
	var all []string
	check(t, s.Load(t.Context(), store.Query{}, func(r *store.Record) error {
		all = append(all, r.Kind)
		return nil
	}))
	return strings.Join(all, " ")
}

// execute changes a database behind the back of a store.
func execute(t *testing.T, state, statement string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), state)
	check(t, err)
	_, err = c.Exec(t.Context(), statement)
	check(t, errors.Join(err, c.Close(t.Context())))
}

// broken returns the URL of a database behind a relay that breaks a connection at a commit
// in the way that when says, once.
func broken(t *testing.T, database string) (when *atomic.Int32, through string) {
	t.Helper()
	when = new(atomic.Int32)
	_, through = pgtest.Between(t, database, func(message []byte) pgtest.Cut {
		if !bytes.Contains(message, []byte("COMMIT")) {
			return pgtest.Pass
		}
		return pgtest.Cut(when.Swap(int32(pgtest.Pass)))
	})
	return when, through
}

// testAnswersThatAreLost: a write is made once, whether or not the database heard
// of it before the connection broke, and nothing is concluded before that is
// known.
func testAnswersThatAreLost(t *testing.T, c *pgtest.Cluster) {
	next, state := broken(t, c.Database(t))
	s := open(t, state, "1")
	want := ""
	for i, when := range []pgtest.Cut{pgtest.Pass, pgtest.Ask, pgtest.Answers, pgtest.Ask, pgtest.Answers, pgtest.Pass} {
		next.Store(int32(when))
		kind := fmt.Sprint("k", i)
		check(t, add(s, kind))
		want = strings.TrimSpace(want + " " + kind + " " + kind)
		if next.Load() != int32(pgtest.Pass) {
			t.Fatal("no connection was broken")
		}
	}
	check(t, s.Held(t.Context()))
	if got := kinds(t, s); got != want {
		t.Errorf("there are %q, want %q", got, want)
	}
	check(t, s.Remove(t.Context(), nil, []int64{1}))
	next.Store(int32(pgtest.Answers))
	check(t, s.Remove(t.Context(), nil, []int64{2}))
	if got := kinds(t, s); got != strings.TrimPrefix(want, "k0 k0 ") {
		t.Errorf("after that there are %q", got)
	}
	check(t, s.Close())
}

// testDatabaseThatDies: what was said to be durable is there after a crash, though
// the database is set up to lose it; the run goes on when it is back.
func testDatabaseThatDies(t *testing.T, c *pgtest.Cluster) {
	s := open(t, c.Database(t), "1")
	check(t, add(s, "before"))
	c.End(syscall.SIGQUIT)
	c.Begin()
	check(t, add(s, "after"))
	if got := kinds(t, s); got != "before before after after" {
		t.Errorf("there are %q", got)
	}
	check(t, s.Held(t.Context()))
	check(t, s.Close())
}

// testDatabaseThatStaysAway: a write ends with an error in the end, and so does all
// that would rest on the account.
func testDatabaseThatStaysAway(t *testing.T, c *pgtest.Cluster) {
	state := c.Database(t)
	s := open(t, state, "1")
	postgres.Hurry(s, 500*time.Millisecond)
	check(t, add(s, "before"))
	c.End(syscall.SIGQUIT)
	if err := add(s, "lost"); err == nil || !strings.Contains(err.Error(), "whether it was recorded is not known") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "stays held for 30s") {
		t.Errorf("the account was given back: %v", err)
	}
	if _, err := postgres.Open(t.Context(), state, store.Options{Endpoint: "e", Account: "a"}); err == nil || !strings.Contains(err.Error(), "the state "+pgsql.Redacted(state)+" cannot be used") {
		t.Errorf("a new run: %v", err)
	}
	c.Begin()
}

// testDatabaseThatWentBack: a database that was put back beneath a run is seen by
// the next write, and nothing is added to it.
func testDatabaseThatWentBack(t *testing.T, c *pgtest.Cluster) {
	for name, statement := range map[string]string{
		"to before the last write":     `DELETE FROM domainsync_records WHERE number > 2; UPDATE domainsync_accounts SET last = 2`,
		"to before the run":            `DELETE FROM domainsync_records; UPDATE domainsync_accounts SET last = 0, fence = 0, ends = NULL`,
		"to before the account's time": `DELETE FROM domainsync_records; DELETE FROM domainsync_accounts`,
		"and on to another's write":    `UPDATE domainsync_accounts SET last = last + 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := c.Database(t)
			s := open(t, state, "1")
			check(t, errors.Join(add(s, "a"), add(s, "b")))
			execute(t, state, statement)
			before := kinds(t, s)
			for range 2 {
				if err := add(s, "c"); err == nil || !strings.Contains(err.Error(), "is not what it was") {
					t.Errorf("got %v", err)
				}
			}
			if err := s.Held(t.Context()); err == nil {
				t.Error("the account is held")
			}
			if got := kinds(t, s); got != before {
				t.Errorf("%q became %q", before, got)
			}
			check(t, s.Close())
		})
	}
}

// testTablesMadeAtOnce: many that begin at once with an empty database make its
// tables together.
func testTablesMadeAtOnce(t *testing.T, state string) {
	var working sync.WaitGroup
	for i := range 6 {
		working.Go(func() {
			s, err := postgres.Open(context.WithoutCancel(t.Context()), state, store.Options{Endpoint: "e", Account: fmt.Sprint(i)})
			if err == nil {
				err = errors.Join(add(s, "a"), s.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
}

// testNewerDatabase: tables of a newer program are left alone.
func testNewerDatabase(t *testing.T, c *pgtest.Cluster) {
	state := c.Database(t)
	check(t, open(t, state, "1").Close())
	execute(t, state, `INSERT INTO domainsync_migrations (version_id, is_applied) VALUES (1000, true)`)
	for _, readOnly := range []bool{true, false} {
		_, err := postgres.Open(t.Context(), state, store.Options{Endpoint: "e", Account: "a", ReadOnly: readOnly})
		if err == nil || !strings.Contains(err.Error(), "newer domainsync (version 1000, this program knows ") {
			t.Errorf("got %v", err)
		}
	}
}

// testWhoseJournal: who may take the one account that there is takes it, and nobody
// takes one of several.
func testWhoseJournal(t *testing.T, c *pgtest.Cluster) {
	state := c.Database(t)
	try := func(endpoint, account string, choose bool) (string, error) {
		s, err := postgres.Open(t.Context(), state, store.Options{Endpoint: endpoint, Account: account, Choose: choose, ReadOnly: true})
		if err != nil {
			return "", err
		}
		return kinds(t, s), s.Close()
	}
	if got, err := try("", "", true); got != "" || err != nil {
		t.Errorf("an empty database: %q, %v", got, err)
	}
	for _, account := range []string{"1", "2"} {
		s := open(t, state, account)
		check(t, errors.Join(add(s, account), s.Close()))
		for _, test := range []struct {
			endpoint, account string
			choose, one       bool
		}{
			{"https://domain.example", account, false, true},
			{"https://domain.example", "", false, false},
			{"", "", false, false},
			{"", account, true, true},
			{"https://domain.example", "", true, account == "1"},
			{"", "", true, account == "1"},
		} {
			got, err := try(test.endpoint, test.account, test.choose)
			_, unsaid := errors.AsType[*store.AccountError](err)
			if want := account + " " + account; test.one && (got != want || err != nil) || !test.one && !unsaid {
				t.Errorf("with %s, %+v: %q, %v", account, test, got, err)
			}
		}
	}
	if _, err := try("", "", true); err == nil || !strings.Contains(err.Error(), "1 at https://domain.example, 2 at https://domain.example") {
		t.Errorf("got %v", err)
	}
}

// TestPasswordsThatEndTheHost: a password in which a sign of URLs is written as it
// is makes the rest of it a host, a port or a database. No error tells any of it.
func TestPasswordsThatEndTheHost(t *testing.T) {
	t.Parallel()
	for _, sign := range []string{"/", "?", "#", "%zz", "@/", "[", " "} {
		for _, password := range []string{"hunter" + sign + "2secret", "42" + sign + "hunter", sign + "hunter"} {
			state := "postgres://user:" + password + "@127.0.0.1:1/name"
			_, err := postgres.Open(t.Context(), state, store.Options{Endpoint: "e", Account: "a"})
			if err == nil {
				t.Errorf("%s is opened", state)
				continue
			}
			for _, part := range []string{"hunter", "42", "secret"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error of %s tells %s: %v", state, part, err)
				}
			}
		}
	}
}

// incarnation returns the name of what the records lie in.
func incarnation(t *testing.T, state string, readOnly bool) string {
	t.Helper()
	s, err := postgres.Open(t.Context(), state, store.Options{Endpoint: "https://domain.example", Account: "1", ReadOnly: readOnly})
	check(t, err)
	name, err := s.Incarnation(t.Context())
	check(t, errors.Join(err, s.Close()))
	return name
}

// testCopyBySQL: what a dump tells is put into another database of the same server,
// or in the place of the database itself.
func testCopyBySQL(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	s := open(t, database, "1")
	check(t, errors.Join(add(s, "a"), s.Close()))
	before := incarnation(t, database, true)
	copied := c.Dumped(t, database)
	if got := incarnation(t, copied, true); got == before || got == "" {
		t.Errorf("a copy has the name %q, and what it was made of %q", got, before)
	}
	execute(t, database, `CREATE TABLE kept AS TABLE domainsync_records; DROP TABLE domainsync_records CASCADE;
		CREATE TABLE domainsync_records AS TABLE kept`)
	if got := incarnation(t, database, true); got == before || got == "" {
		t.Errorf("a table that was put back has the name %q, before %q", got, before)
	}
}

// testMissingRights: a user who may not ask for the number of the system gets the
// rest of the name.
func testMissingRights(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	s := open(t, database, "1")
	check(t, errors.Join(add(s, "a"), s.Close()))
	all := incarnation(t, database, true)
	execute(t, database, `REVOKE EXECUTE ON FUNCTION pg_control_system FROM PUBLIC; CREATE ROLE little LOGIN;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO little`)
	u, err := url.Parse(database)
	check(t, err)
	u.User = url.User("little")
	if got := incarnation(t, u.String(), true); got == "" || got == all || !strings.HasSuffix(all, got) {
		t.Errorf("a user with few rights gets the name %q, and one with all %q", got, all)
	}
}

// testIncarnations: a server keeps its name when it is started anew; one that was
// put back from a copy of its files has another one, and so has a replica when it
// takes the place of the server, but not before.
func testIncarnations(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	j := journal.In(open(t, database, "1"), journal.Options{})
	check(t, errors.Join(j.Bind(t.Context(), "https://domain.example", "1"), j.Close()))
	before := incarnation(t, database, false)
	replica, restored := c.Replica(), c.Restored()
	if got := incarnation(t, restored.Moved(database), false); got == before || got == "" {
		t.Errorf("what was put back has the name %q, and before %q", got, before)
	}
	if got := incarnation(t, replica.Moved(database), true); got != "" {
		t.Errorf("a replica has the name %q", got)
	}
	replica.Promote()
	if got := incarnation(t, replica.Moved(database), false); got == before || got == "" {
		t.Errorf("a replica that took the place has the name %q, and before %q", got, before)
	}
	for what, state := range map[string]string{
		"what was put back": restored.Moved(database), "a replica that took the place": replica.Moved(database), "a copy by SQL": c.Dumped(t, database),
	} {
		j := journal.In(open(t, state, "1"), journal.Options{})
		lost, err := j.NoticeLoss(t.Context())
		check(t, errors.Join(err, j.Close()))
		if lost == nil {
			t.Errorf("%s is taken for a whole journal", what)
		}
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		c.End(signal)
		c.Begin()
		if got := incarnation(t, database, false); got != before {
			t.Errorf("after %v a server has the name %q, before %q", signal, got, before)
		}
	}
}
