package journal

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// RecordTold records what people at a place know of the account, as JSON that holds
// no text of a person. A later record of the place replaces it.
func (j *Journal) RecordTold(ctx context.Context, place string, known []byte, at time.Time) error {
	packed, err := pack(known)
	if err != nil {
		return err
	}
	return j.append(ctx, "what was told", about{kind: kindTold, key: place, at: at}.record(packed))
}

// Told returns what people at a place know of the account, as it was recorded last;
// nil: nobody has told them anything.
func (j *Journal) Told(ctx context.Context, place string) (known []byte, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindTold}, Keys: []string{place}, Last: true}, func(r *store.Record) error {
		known, err = unpack(r.Data)
		return err
	})
	return known, err
}
