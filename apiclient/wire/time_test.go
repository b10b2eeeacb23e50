package wire_test

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestTextsOfTwoZones shows which members tell when something was, which tell
// two times of which one is right, and that either is looked at.
func TestTextsOfTwoZones(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for title, test := range map[string]struct {
		span  wire.Span
		exact bool
		text  string
	}{
		"a task":                  {(&wire.TaskInfo{CreateTime: at}).CreatedAt(), false, "2026-02-02T20:05:06Z or 2026-02-03T04:05:06Z"},
		"a task without a time":   {(&wire.TaskInfo{}).CreatedAt(), false, "an unknown time"},
		"an old task":             {(&wire.TaskInfoHistory{CreateTimeLong: at, CreateTime: at.Add(-time.Hour)}).CreatedAt(), true, "2026-02-03T04:05:06Z"},
		"an old task by its text": {(&wire.TaskInfoHistory{CreateTime: at}).CreatedAt(), false, "2026-02-02T20:05:06Z or 2026-02-03T04:05:06Z"},
		"a name":                  {(&wire.DomainItem{ExpirationDateLong: at}).ExpiresAt(), true, "2026-02-03T04:05:06Z"},
		"a name by its text":      {(&wire.DomainItem{ExpirationDate: at}).ExpiresAt(), false, "2026-02-02T20:05:06Z or 2026-02-03T04:05:06Z"},
	} {
		exactly, exact := test.span.Exact()
		if exact != test.exact || exact && !exactly.Equal(at) || test.span.String() != test.text {
			t.Errorf("%s: got %s, exact %t, want %s", title, test.span, exact, test.text)
		}
		for _, off := range []time.Duration{-9 * time.Hour, -8 * time.Hour, -7 * time.Hour, -time.Hour, 0, time.Hour} {
			from, to := at.Add(off-time.Minute), at.Add(off+time.Minute)
			want := !test.span.IsZero() && (off == 0 || !test.exact && off == -8*time.Hour)
			if got := test.span.Meets(from, to); got != want {
				t.Errorf("%s: meets %s: %t, want %t", title, off, got, want)
			}
		}
	}
}
