package sqlite

import (
	"database/sql"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// FileName is the journal in its directory.
const FileName = fileName

// DB is the database of a store.
func DB(s store.Store) *sql.DB { return s.(*Store).db }

// Unusable is what an error of the database is told as.
func Unusable(path string, err error) error { return unusable(path, err) }
