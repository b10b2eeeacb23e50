package journal

import (
	"bytes"
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// RecordRule records the rule of the fleet that the account belongs to. The same as the
// last time is not recorded again.
func (j *Journal) RecordRule(ctx context.Context, data []byte, at time.Time) error {
	last, err := j.LastRule(ctx)
	if err != nil || last != nil && bytes.Equal(last, data) {
		return err
	}
	return j.appendPacked(ctx, "the rule of the account's fleet", about{kind: kindRule, at: at}, data)
}

// LastRule returns the rule that was recorded last, nil where none was.
func (j *Journal) LastRule(ctx context.Context) ([]byte, error) {
	return j.lastPacked(ctx, kindRule, "")
}

// A BrokenGlass says that somebody had changes made that persons had to approve first,
// and had not.
type BrokenGlass struct {
	By      string
	At      time.Time
	Reason  string
	Changes []string // their IDs
}

// brokenGlassData is that of a record whose key is who did it.
type brokenGlassData struct {
	Reason  text   `json:"reason"`
	Changes []text `json:"changes"`
}

// BreakGlass records that changes are made without their persons.
func (j *Journal) BreakGlass(ctx context.Context, b BrokenGlass) error {
	r, err := encode(about{kind: kindBrokenGlass, key: b.By, at: b.At}, brokenGlassData{text(b.Reason), textsOf(b.Changes)})
	if err != nil {
		return err
	}
	return j.append(ctx, "whose changes are made without their persons", r)
}

// BrokenGlass returns what was made without its persons since a time, the oldest first.
func (j *Journal) BrokenGlass(ctx context.Context, since time.Time) (all []BrokenGlass, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindBrokenGlass}, Since: millis(since)}, func(r *store.Record) error {
		var d brokenGlassData
		err := decode(r, &d)
		all = append(all, BrokenGlass{By: r.Key, At: fromMillis(r.At), Reason: string(d.Reason), Changes: stringsOf(d.Changes)})
		return err
	})
	return all, err
}
