package pgsql_test

import (
	"testing"

	"github.com/domainsync/domainsync/internal/pgsql"
)

func TestRedacted(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"postgres://user:secret@db.example.com:5432/name?sslmode=require&password=secret": "postgres://db.example.com:5432/name",
		"postgresql://secret@db.example.com/name#secret":                                  "postgresql://db.example.com/name",
		"postgres://user:secret@%zz":                                                      "postgres://…",
		"postgres://user:42/secret@db.example.com/name":                                   "postgres://…",
		"postgres://user:42?secret@db.example.com/name":                                   "postgres://…",
		"postgres://user:42#secret@db.example.com/name":                                   "postgres://…",
	} {
		if got := pgsql.Redacted(state); got != want {
			t.Errorf("%s is told as %s, want %s", state, got, want)
		}
	}
}
