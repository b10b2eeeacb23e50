package job_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

const keptForAWhile = `
retention {
  personal = "720h"
  runs     = "9600h"
}

contact "legal" {
  type               = "enterprise"
  organization       = "Planted Ltd"
  name               = "Planted Person"
  email              = "planted@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "2 Planted Street"
  postal_code        = "N1 1AB"
  phone_country_code = "44"
  phone              = "2000000001"
}

domain "example.com" {
  admin = contact.legal
}
`

// kept returns how many persons and runs a state has, and how often it was recorded
// that persons are forgotten.
func (w *world) kept() (persons, runs, notes int) {
	w.t.Helper()
	j, err := w.job.Journal(w.t.Context(), endpoint, "", true)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	in, err := j.Inspect(w.t.Context())
	if err != nil || len(in.Problems) > 0 {
		w.t.Fatal(in, err)
	}
	if err := j.Persons(w.t.Context(), func(journal.Person) { persons++ }); err != nil {
		w.t.Fatal(err)
	}
	return persons, in.Runs, in.Kinds["retained"]
}

// TestRetention: an apply forgets persons, and later runs, when they have been kept
// for as long as the files say, and looks at no run twice.
func TestRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		w := newWorld(t, keptForAWhile, simulator.Options{}, "example.com")
		for _, step := range []struct {
			after                time.Duration
			what                 string
			persons, runs, notes int
		}{
			{0, keptForAWhile, 2, 1, 0},
			{29 * day, keptForAWhile, 2, 1, 0},
			{2 * day, keptForAWhile, 0, 1, 1},
			{day, keptForAWhile, 0, 1, 1},
			{day, keptForAWhile + locked[strings.Index(locked, "domain \"example.net\""):], 0, 2, 1}, // another run
			{340 * day, keptForAWhile, 0, 3, 2}, // it declares less
			{30 * day, keptForAWhile, 0, 2, 3},  // 402 days after the first run
		} {
			time.Sleep(step.after)
			w.job.Portfolio = load(t, step.what)
			w.apply(job.ApplyOptions{})
			if persons, runs, notes := w.kept(); persons == 0 != (step.persons == 0) || runs != step.runs || notes != step.notes {
				t.Errorf("after %s there are %d persons, %d runs and %d notes, not %d, %d and %d", step.after, persons, runs, notes, step.persons, step.runs, step.notes)
			}
		}
	})
}

// TestRetentionThatFails: what cannot be forgotten is a warning in the log, and the
// next run tries again. Who only plans forgets nothing.
func TestRetentionThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, keptForAWhile, simulator.Options{}, "example.com")
		var log bytes.Buffer
		w.job.Log = slog.New(slog.NewTextHandler(&log, nil))
		w.apply(job.ApplyOptions{})
		time.Sleep(800 * time.Hour)
		if _, err := w.job.Plan(t.Context(), job.PlanOptions{}); err != nil {
			t.Fatal(err)
		}
		if persons, _, _ := w.kept(); persons == 0 {
			t.Error("a plan has forgotten persons")
		}
		w.recordsWhatNobodyReads()
		time.Sleep(800 * time.Hour)
		for n := range 2 {
			w.apply(job.ApplyOptions{})
			if persons, _, notes := w.kept(); persons == 0 || notes > 0 || strings.Count(log.String(), "could not all be forgotten") != n+1 {
				t.Errorf("%d persons, %d notes, and the log says\n%s", persons, notes, log.String())
			}
		}
	})
}

// recordsWhatNobodyReads adds a run to the state whose plan cannot be understood.
func (w *world) recordsWhatNobodyReads() {
	w.t.Helper()
	ctx := w.t.Context()
	j, err := w.job.Journal(ctx, endpoint, "", false)
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: j.Now(), PlanID: "odd", Declared: []string{"example.com"}, Plan: []byte("no plan")})
	if err == nil {
		err = l.Mark(ctx, journal.Mark{Name: journal.Ended, At: j.Now()})
	}
	if err := errors.Join(err, j.Close()); err != nil {
		w.t.Fatal(err)
	}
}
