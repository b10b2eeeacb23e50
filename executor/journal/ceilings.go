package journal

import (
	"bytes"
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// RecordCeilings records what the files permit that are applied: the next run compares
// with it. The same as the last time is not recorded again.
func (j *Journal) RecordCeilings(ctx context.Context, data []byte, at time.Time) error {
	last, err := j.LastCeilings(ctx)
	if err != nil || last != nil && bytes.Equal(last, data) {
		return err
	}
	packed, err := pack(data)
	if err != nil {
		return err
	}
	return j.append(ctx, "what the files permit", about{kind: kindCeilings, at: at}.record(packed))
}

// LastCeilings returns what was recorded last, nil where nothing was.
func (j *Journal) LastCeilings(ctx context.Context) (data []byte, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindCeilings}}, func(r *store.Record) error {
		data, err = unpack(r.Data)
		return err
	})
	return data, err
}
