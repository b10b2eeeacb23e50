package fleettest

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// session is one of a person that ends in an hour.
func (w *world) session(person, text string) fleet.Session {
	return fleet.Session{
		ID: sha256.Sum256([]byte(text)), Person: person, Token: fleet.HashOfToken("dst_" + person),
		Began: w.time.Now(), Until: w.time.Now().Add(time.Hour),
	}
}

// is fails unless the session is known, or not.
func (w *world) is(s fleet.Session, known bool) {
	w.Helper()
	switch got, err := w.table.Session(w.Context(), s.ID); {
	case err != nil:
		w.Fatal(err)
	case (got != nil) != known:
		w.Fatalf("the session is %+v", got)
	case known && (got.ID != s.ID || got.Person != s.Person || got.Token != s.Token || !got.Began.Equal(s.Began) || !got.Until.Equal(s.Until)):
		w.Fatalf("the session is %+v, want %+v", *got, s)
	}
}

func sessionUntil(w *world) {
	ada, zoe := w.session("ada", "one"), w.session("zoe", "two")
	w.is(ada, false)
	w.check(w.table.BeginSession(w.Context(), ada))
	w.check(w.table.BeginSession(w.Context(), zoe))
	w.is(ada, true)
	w.reopen()
	w.is(ada, true)
	w.is(zoe, true)
	w.time.Move(time.Hour - time.Second)
	w.is(ada, true)
	w.time.Move(time.Second)
	w.is(ada, false)
	w.is(zoe, false)
	w.check(w.table.BeginSession(w.Context(), w.session("ada", "one"))) // the former one is forgotten: or else it fails
	w.is(zoe, false)
}

func sessionEnded(w *world) {
	ada, other := w.session("ada", "one"), w.session("ada", "two")
	w.check(w.table.BeginSession(w.Context(), ada))
	w.check(w.table.BeginSession(w.Context(), other))
	first := w.table
	w.reopen()
	w.check(w.table.EndSession(w.Context(), ada.ID))
	w.check(w.table.EndSession(w.Context(), ada.ID)) // there is none, and nothing to say
	w.is(ada, false)
	w.is(other, true)
	if s, err := first.Session(w.Context(), ada.ID); s != nil || err != nil {
		w.Fatalf("the process that began it has %+v, %v", s, err)
	}
}

func sessionOnce(w *world) {
	ada := w.session("ada", "one")
	w.check(w.table.BeginSession(w.Context(), ada))
	eve := w.session("eve", "one")
	if w.table.BeginSession(w.Context(), eve) == nil {
		w.Fatal("an ID began two sessions")
	}
	w.is(ada, true)
}

func sessionsBounded(w *world) {
	zoe := w.session("zoe", "zoe")
	w.check(w.table.BeginSession(w.Context(), zoe))
	var all []fleet.Session
	for i := range fleet.MostSessions + 2 {
		w.time.Move(time.Second)
		s := w.session("ada", fmt.Sprint(i))
		w.check(w.table.BeginSession(w.Context(), s))
		all = append(all, s)
	}
	for i, s := range all {
		w.is(s, i >= 2)
	}
	w.is(zoe, true)
}
