package journal

import (
	"context"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/directory"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// Blobs keep pieces of data of an account that may be lost without harm.
type Blobs = store.Blobs

// OpenBlobs opens the pieces of a kind, a word such as readings, that belong to an
// account in a state. Nobody needs to hold the account. In a state that many
// accounts share, the options must name it.
func OpenBlobs(ctx context.Context, state, kind string, o Options) (Blobs, error) {
	opts := store.Options{Endpoint: o.Endpoint, Account: o.Account, Clock: o.Clock, Credential: o.Credential, Transport: o.Transport}
	switch {
	case o.Memory != nil:
		return o.Memory.State(state).OpenBlobs(kind)
	case pgsql.Is(state):
		return postgres.OpenBlobs(ctx, state, kind, opts)
	case bucket.Is(state):
		return bucket.OpenBlobs(ctx, state, kind, opts)
	case Shared(state):
		return nil, unknownForm(state)
	}
	return directory.Open(state, kind)
}
