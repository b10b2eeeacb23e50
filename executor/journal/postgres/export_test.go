package postgres

import (
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Hurry has a store wait no longer than that for a database.
func Hurry(s store.Store, patience time.Duration) { s.(*Store).patience = patience }
