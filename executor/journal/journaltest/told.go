package journaltest

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// testTold: what people at a place know is there for every later process, apart from
// what those at other places know, and what was recorded before it can be forgotten.
func testTold(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	check(t, j.Bind(ctx, endpoint, account))
	if known := must[[]byte](t)(j.Told(ctx, "mail")); known != nil {
		t.Errorf("a new journal has told %q", known)
	}
	for i, text := range []string{`{"open":[]}`, `{"open":["example.com"]}`} {
		check(t, j.RecordTold(ctx, "mail", []byte(text), noon.Add(time.Duration(i)*time.Hour)))
		check(t, j.RecordTold(ctx, "chat", []byte(text+" "), noon.Add(time.Duration(i)*time.Hour)))
	}
	check(t, j.Close())
	for range 2 {
		j = k.journal(t, place, journal.Options{})
		mail, chat := must[[]byte](t)(j.Told(ctx, "mail")), must[[]byte](t)(j.Told(ctx, "chat"))
		if string(mail) != `{"open":["example.com"]}` || string(chat) != string(mail)+" " {
			t.Errorf("told are %q and %q", mail, chat)
		}
		must[journal.Pruned](t)(j.Prune(ctx, noon.Add(3*time.Hour)))
		check(t, j.Close())
	}
	if n := k.counts(t, place)["told"]; n != 2 {
		t.Errorf("%d records are left", n)
	}
}
