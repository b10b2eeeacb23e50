package main

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-01-31":                time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		"2026-01-31T12:30":          time.Date(2026, 1, 31, 12, 30, 0, 0, time.UTC),
		"2026-01-31T12:30:00+08:00": time.Date(2026, 1, 31, 4, 30, 0, 0, time.UTC),
		"2026-01-31 12:30:00Z":      time.Date(2026, 1, 31, 12, 30, 0, 0, time.UTC),
		"7d":                        now.AddDate(0, 0, -7),
		"90m":                       now.Add(-90 * time.Minute),
	} {
		if got, err := parseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1h", "-3d", "yesterday", "1509528171000", "2026-13-01"} {
		if got, err := parseTime(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestParseEnd: a length of time goes on from now, where parseTime goes back.
func TestParseEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-12-01": time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"7d":         now.AddDate(0, 0, 7),
		"90m":        now.Add(90 * time.Minute),
	} {
		if got, err := parseEnd(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1h", "-3d", "soon"} {
		if got, err := parseEnd(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	if since, until, err := (&period{}).times(now); err != nil || !since.IsZero() || !until.IsZero() {
		t.Errorf("%v, %v, %v", since, until, err)
	}
	if since, until, err := (&period{"7d", "2026-02-01"}).times(now); err != nil || !since.Before(until) {
		t.Errorf("%v, %v, %v", since, until, err)
	}
	day := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	if since, until, err := (&period{"2026-02-01", "2026-02-01"}).times(now); err != nil || !since.Equal(day) || !until.Equal(day.Add(24*time.Hour-time.Millisecond)) {
		t.Errorf("%v, %v, %v", since, until, err)
	}
	for _, p := range []period{{"soon", ""}, {"", "later"}, {"2026-02-01", "2026-01-01"}} {
		if _, _, err := p.times(now); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}
