package journal

import (
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// A Pause is somebody's word that nothing of some names is to be changed for a
// while, whoever runs.
type Pause struct {
	ID int64 // in the order in which they were recorded
	// Patterns select the names, in the form of [wire.ParseNamePattern]; empty: all
	// names, and the account itself.
	Patterns   []string
	Attributes []string  // that are not changed; empty: all
	Money      bool      // nothing is bought either
	Until      time.Time // zero: until it is ended
	Reason     string
	By         string // who, and on which machine
	At         time.Time
	// Undoes is the run of which some changes were taken back, so that they are not made
	// again while the files call for them; the patterns are names then. 0: none was.
	Undoes int64
}

type (
	// pauseData is that of a record whose key is who paused.
	pauseData struct {
		ID         int64  `json:"id"`
		Patterns   []text `json:"patterns,omitempty"`
		Attributes []text `json:"attributes,omitempty"`
		Money      bool   `json:"money,omitempty"`
		Until      int64  `json:"until,omitempty"`
		Reason     text   `json:"reason,omitempty"`
		Undoes     int64  `json:"undoes,omitempty"`
	}
	// unpauseData is that of a record whose key is who ended a pause.
	unpauseData struct {
		ID       int64  `json:"id"`
		Patterns []text `json:"patterns,omitempty"` // for which it ends; empty: for all
	}
)

// Pause records a pause, and returns its ID.
func (j *Journal) Pause(ctx context.Context, p Pause) (id int64, err error) {
	var last pauseData
	if _, err := j.last(ctx, store.Query{Kinds: []string{kindPause}}, &last); err != nil {
		return 0, err
	}
	id = last.ID + 1
	r, err := encode(about{kind: kindPause, key: p.By, at: p.At}, pauseData{
		ID: id, Patterns: textsOf(p.Patterns), Attributes: textsOf(p.Attributes), Money: p.Money, Until: millis(p.Until), Reason: text(p.Reason), Undoes: p.Undoes,
	})
	if err != nil {
		return 0, err
	}
	return id, j.append(ctx, "what is paused", r)
}

// Unpause records that a pause ends at a time for some of its patterns, or for all
// where none are given.
func (j *Journal) Unpause(ctx context.Context, id int64, patterns []string, by string, at time.Time) error {
	r, err := encode(about{kind: kindUnpause, key: by, at: at}, unpauseData{id, textsOf(patterns)})
	if err != nil {
		return err
	}
	return j.append(ctx, "what is paused no more", r)
}

// Pauses returns those that hold at a time, the oldest first, each with the patterns
// for which it has not been ended.
func (j *Journal) Pauses(ctx context.Context, at time.Time) ([]Pause, error) {
	var all []Pause
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindPause, kindUnpause}}, func(r *store.Record) error {
		if r.Kind == kindUnpause {
			var d unpauseData
			err := decode(r, &d)
			all = slices.DeleteFunc(all, func(p Pause) bool { return p.ID == d.ID && len(d.Patterns) == 0 })
			for i := range all {
				if all[i].ID == d.ID {
					all[i].Patterns = slices.DeleteFunc(all[i].Patterns, func(p string) bool { return slices.Contains(d.Patterns, text(p)) })
				}
			}
			all = slices.DeleteFunc(all, func(p Pause) bool { return p.ID == d.ID && len(p.Patterns) == 0 })
			return err
		}
		var d pauseData
		err := decode(r, &d)
		all = append(all, Pause{
			ID: d.ID, Patterns: stringsOf(d.Patterns), Attributes: stringsOf(d.Attributes), Money: d.Money,
			Until: fromMillis(d.Until), Reason: string(d.Reason), By: r.Key, At: fromMillis(r.At), Undoes: d.Undoes,
		})
		return err
	})
	return slices.DeleteFunc(all, func(p Pause) bool { return !p.Until.IsZero() && !p.Until.After(at) }), err
}
