package reader

import (
	"testing"
	"time"
)

// TestOthersChangedBesideOurOwn: of a name that a run has verified the log may tell of
// that run's changes alone, in either reading of its times.
func TestOthersChangedBesideOurOwn(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	read := sent.Add(10 * time.Minute)
	own := Own{Batch: 7, Changes: 2, Since: sent}
	at := func(minutes ...int) (all []time.Time) {
		for _, m := range minutes {
			all = append(all, sent.Add(time.Duration(m)*time.Minute))
		}
		return all
	}
	const zone = -8 * 60 // the text is read as of UTC+8
	for title, test := range map[string]struct {
		entries []time.Time
		want    bool
	}{
		"nothing yet":                 {nil, false},
		"ours":                        {at(1, 9), false},
		"ours, in the other reading":  {at(zone+1, zone+9), false},
		"one of ours is late":         {at(1), true},
		"one more meanwhile":          {at(1, 5, 9), true},
		"ours, and a later one":       {at(1, 9, 30), true},
		"a later one alone":           {at(30), true},
		"long before":                 {at(-24 * 60), false},
		"ours, and one of long ago":   {at(-24*60, 1, 9), false},
		"which may be of before":      {at(-60), true}, // or of seven hours later
		"one that tells no time":      {append(at(1, 9), time.Time{}), true},
		"the next day":                {at(24 * 60), true},
		"in the other reading, later": {at(zone+30, 1, 9), true},
	} {
		m := &logTimes{entries: map[string][]time.Time{"a.example": test.entries}}
		if got := m.othersChanged("a.example", own, read); got != test.want {
			t.Errorf("%s: %v", title, got)
		}
	}
}
