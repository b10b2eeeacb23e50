package journal

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

// RoomKept reports whether an error says only that what was forgotten still takes
// its room.
func RoomKept(err error) bool { return errors.Is(err, store.ErrRoomKept) }

// A Person is what the journal keeps of one person for one run.
type Person struct {
	Run    int64
	Hash   string
	At     time.Time // when it was recorded
	Fields []personal.Text
}

// Persons calls each for what is kept of persons, run by run.
func (j *Journal) Persons(ctx context.Context, each func(Person)) error {
	return j.store.Load(ctx, store.Query{Kinds: []string{kindPersons}}, func(r *store.Record) error {
		return decodeAll(r, func(d personData) { each(personOf(r, d)) })
	})
}

func personOf(r *store.Record, d personData) Person {
	p := Person{Run: r.Run, Hash: string(d.Hash), At: fromMillis(r.At)}
	for field, t := range d.Texts {
		p.Fields = append(p.Fields, personal.Text{Field: field, Text: string(t)})
	}
	return p
}

// Forget forgets the persons that gone selects, for good. Everything that refers to
// them stays. The key is another one from then on: what was forgotten cannot even be
// guessed by who has the state. It returns how many persons were forgotten. Where there
// are none, it gives back the room that somebody forgotten before may still take.
func (j *Journal) Forget(ctx context.Context, gone func(Person) bool) (forgotten int, err error) {
	var left []store.Record
	var keys []int64
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindPersons, kindPersonKey}}, func(r *store.Record) error {
		if r.Kind == kindPersonKey {
			keys = append(keys, r.Number)
			return nil
		}
		kept, n := []personData{}, 0
		err := decodeAll(r, func(d personData) {
			if gone(personOf(r, d)) {
				n++
			} else {
				kept = append(kept, d)
			}
		})
		if err != nil || n == 0 {
			return err
		}
		forgotten += n
		with, err := encode(about{kind: kindPersons, run: r.Run, at: fromMillis(r.At)}, kept)
		with.Number = r.Number
		left = append(left, with)
		return err
	})
	if err != nil {
		return 0, err
	}
	if forgotten == 0 {
		keys = nil // it stands for nothing that is gone
	}
	return forgotten, j.rewrite(ctx, keys, left)
}

// rewrite removes records, and puts others in the place of those with their numbers.
func (j *Journal) rewrite(ctx context.Context, gone []int64, records []store.Record) error {
	return j.forgetting(ctx, func(ctx context.Context) error {
		if len(gone) > 0 {
			if err := j.store.Remove(ctx, nil, gone); err != nil && !RoomKept(err) {
				return err
			}
		}
		return j.store.Replace(ctx, records)
	})
}

// forgetting makes a durable write that takes something away. What was there may still
// take room, which is an error that the journal goes on after.
func (j *Journal) forgetting(ctx context.Context, take func(context.Context) error) error {
	var room error
	err := j.write(ctx, "what is forgotten", func(ctx context.Context) error {
		err := take(ctx)
		if RoomKept(err) {
			room, err = err, nil
		}
		return err
	})
	return cmp.Or(err, room)
}

// A Former is a run whose plan may tell of persons itself, as those of former
// versions do.
type Former struct {
	Run  int64
	Plan []byte
}

// Formers returns those of some runs whose plan refers to nobody.
func (j *Journal) Formers(ctx context.Context, some func(run int64) bool) (all []Former, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindPlan}}, func(r *store.Record) error {
		if !some(r.Run) {
			return nil
		}
		plan, err := unpack(r.Data)
		all = append(all, Former{Run: r.Run, Plan: plan})
		return err
	})
	return all, err
}

// Part keeps the persons of a former run apart from then on: plan is its plan, which
// refers to them, and field tells which field a parameter of a request holds a
// personal text of, "" for none.
func (j *Journal) Part(ctx context.Context, run int64, plan []byte, persons *Persons, field func(parameter string) string) error {
	var changed []store.Record
	err := j.store.Load(ctx, store.Query{Run: run}, func(r *store.Record) error {
		was := string(r.Data)
		if r.Kind == kindPlan {
			data, err := pack(plan)
			if err != nil {
				return err
			}
			r.Kind, r.Data = kindReferringPlan, data
		} else if err := persons.hideRecord(r, field); err != nil {
			return err
		}
		if string(r.Data) != was {
			changed = append(changed, *r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	first, err := persons.records(run, j.Now())
	if err != nil || len(first) == 0 {
		return err
	}
	if err := j.append(ctx, "persons", first...); err != nil {
		return err
	}
	return j.rewrite(ctx, nil, changed)
}
