package journal

import (
	"context"
	"errors"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

// dying is a store whose process dies when it has written so often.
type dying struct {
	store.Store
	left *int
}

func (d dying) die() error {
	if *d.left--; *d.left < 0 {
		return errors.New("died")
	}
	return nil
}

func (d dying) Remove(ctx context.Context, runs, numbers []int64) error {
	if err := d.die(); err != nil {
		return err
	}
	return d.Store.Remove(ctx, runs, numbers)
}

func (d dying) Replace(ctx context.Context, records []store.Record) error {
	if err := d.die(); err != nil {
		return err
	}
	return d.Store.Replace(ctx, records)
}

// TestForgettingThatDiedIsDoneAgain: wherever a process dies that forgets somebody,
// the next one that does the same leaves neither the person nor the key.
func TestForgettingThatDiedIsDoneAgain(t *testing.T) {
	t.Parallel()
	everybody := func(Person) bool { return true }
	for writes := range 2 {
		ctx := t.Context()
		j := open(t, t.TempDir(), Options{})
		persons := must[*Persons](t)(j.NewPersons(ctx))
		persons.Add([]personal.Text{{Field: "name", Text: "Ada Example"}})
		must[*Ledger](t)(j.Begin(ctx, Run{Kind: Apply, Began: noon, Plan: []byte("{}"), Persons: persons}))
		left := writes
		if _, err := In(dying{j.store, &left}, Options{}).Forget(ctx, everybody); err == nil {
			t.Fatalf("it did not die after %d writes", writes)
		}
		must[int](t)(j.Forget(ctx, everybody))
		check(t, j.Persons(ctx, func(p Person) { t.Errorf("death after %d writes leaves %+v", writes, p) }))
		if r := must[*store.Record](t)(j.last(ctx, store.Query{Kinds: []string{kindPersonKey}}, new(personKeyData))); r != nil {
			t.Errorf("death after %d writes leaves the key", writes)
		}
	}
}
