package attr

import (
	"strings"
	"time"
)

// LiveSince returns since when the first of some things is known to be live.
// What nobody has seen before counts from now on.
func LiveSince(marks []string, seen func(mark string) time.Time, now time.Time) time.Time {
	since := now
	for _, mark := range marks {
		if seen == nil {
			break
		}
		if at := seen(mark); !at.IsZero() && at.Before(since) {
			since = at
		}
	}
	return since
}

// Date writes a time in reasons.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// Hours writes a duration without the zeros that time.Duration prints.
func Hours(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if s == "" {
		return "0s"
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// expiryTolerance is the largest difference between two expiries that count as
// one. Registries differ in time zones, and in what is a year after 29
// February.
const expiryTolerance = 48 * time.Hour

// SameEnd reports whether two times are the end of one term.
func SameEnd(a, b time.Time) bool { return a.Sub(b).Abs() <= expiryTolerance }
