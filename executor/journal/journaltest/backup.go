package journaltest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// backUp saves what a place has, and reads it as it would be read to be restored.
func (k Kind) backUp(t *testing.T, place string) *journal.Backup {
	t.Helper()
	s := k.open(t, place, store.Options{ReadOnly: true})
	var file bytes.Buffer
	made := must[*journal.Backup](t)(journal.Place{Store: s, Name: place}.BackUp(t.Context(), noon, &file))
	check(t, s.Close())
	b := must[*journal.Backup](t)(journal.ReadBackup(&file))
	if b.Records != made.Records || b.Account != (journal.Account{Endpoint: endpoint, Account: account}) || !b.TakenAt.Equal(noon) || b.Place != place {
		t.Errorf("the backup is %+v, and was made as %+v", b, made)
	}
	return b
}

// restore puts a backup into an end, whose process dies at a write, if d is not zero.
func (e end) restore(t *testing.T, b *journal.Backup, d *death) error {
	t.Helper()
	s := e.open(t, e.place, store.Options{})
	err := b.RestoreTo(t.Context(), journal.Place{Store: dying{s, d}, Name: e.place}, noon.Add(time.Hour))
	check(t, s.Close())
	return err
}

// testBackup saves a journal while a run is at work and puts it into places of both
// kinds: all records are there, and the journal knows that it may lack later ones.
func testBackup(t *testing.T, k Kind) {
	place, want := k.filled(t, 3)
	run := k.open(t, place, store.Options{})
	b := k.backUp(t, place)
	check(t, errors.Join(run.Append(t.Context(), []store.Record{{Kind: "later"}}), run.Close()))
	for _, to := range []end{{k, k.New(t)}, {directories, directories.New(t)}} {
		check(t, to.restore(t, b, &death{}))
		to.restored(t, want)
		if _, ok := errors.AsType[*journal.NotEmptyError](to.restore(t, b, &death{})); !ok {
			t.Error("it is restored over what is there")
		}
	}
}

// restored holds that an end has records that were restored, and counts as whole only
// since then.
func (e end) restored(t *testing.T, want []store.Record) {
	t.Helper()
	check(t, e.count(t))
	s := e.open(t, e.place, store.Options{})
	got := moved(t, s)
	if n := len(got) - 1; n < 0 || got[n].Kind != "loss" || cmp.Diff(want, got[:n]) != "" {
		t.Fatalf("restored are (-want +got):\n%s", cmp.Diff(want, got))
	}
	j := journal.In(s, journal.Options{})
	since, loss := must[time.Time](t)(j.RemembersSince(t.Context())), must[*journal.Loss](t)(j.LastLoss(t.Context()))
	if loss == nil || !since.Equal(loss.At) || !since.Equal(noon.Add(time.Hour)) {
		t.Errorf("it remembers everything since %s, the loss is %+v", since, loss)
	}
	if again := must[*journal.Loss](t)(j.NoticeLoss(t.Context())); again != nil {
		t.Errorf("the loss is told again: %+v", again)
	}
	check(t, j.Close())
}

// testRestoreDies lets a restore die before and after each write: what is not all
// there does not count, and the same restore goes on with it.
func testRestoreDies(t *testing.T, k Kind) {
	place, want := k.filled(t, 4)
	b := k.backUp(t, place)
	for died, at := true, 1; died; at++ {
		to := end{k, k.New(t)}
		died = to.restore(t, b, &death{at: at, after: at%2 == 0}) != nil
		if died && to.count(t) != nil {
			if _, ok := errors.AsType[*journal.UnfinishedError](to.count(t)); !ok {
				t.Errorf("dead at write %d: %v", at, to.count(t))
			}
			check(t, to.restore(t, b, &death{}))
			to.restored(t, want)
		}
	}
}
