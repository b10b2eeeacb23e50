package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// timeForms are the forms of a time on the command line.
var timeForms = []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04:05Z", time.DateOnly}

// parseTime reads a time: a date or a time, UTC where it names no zone, or how
// long ago it was (90m, 24h, 7d).
func parseTime(text string, now time.Time) (time.Time, error) {
	if t, ok := readTime(text, now, -1); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-01-31, 2026-01-31T12:00:00Z, or how long ago it was, such as 24h or 7d", text)
}

// parseEnd reads the time at which something ends: a date or a time, as parseTime, or
// how long it lasts.
func parseEnd(text string, now time.Time) (time.Time, error) {
	if t, ok := readTime(text, now, 1); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-12-01, 2026-12-01T12:00:00Z, or how long it lasts, such as 24h or 7d", text)
}

// readTime reads a time, or a length of time from now on (direction 1) or back (-1).
func readTime(text string, now time.Time, direction int) (t time.Time, ok bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, direction*n), true
		}
	}
	d, err := time.ParseDuration(text)
	return now.Add(time.Duration(direction) * d), err == nil && d > 0
}

// period is a span of time that a listing is limited to.
type period struct{ since, until string }

func (p *period) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.since, "since", "", "only from this `time` on: 2026-01-31, 2026-01-31T12:00:00Z, or 7d for seven days ago")
	cmd.Flags().StringVar(&p.until, "until", "", "only up to this `time`; a day is meant to its end")
}

// times returns the ends of the period, zero for an end that is open.
func (p *period) times(now time.Time) (since, until time.Time, err error) {
	for _, end := range []struct {
		flag, text string
		to         *time.Time
	}{{"--since", p.since, &since}, {"--until", p.until, &until}} {
		if end.text == "" {
			continue
		}
		if *end.to, err = parseTime(end.text, now); err != nil {
			return since, until, fmt.Errorf("%s: %w", end.flag, err)
		}
	}
	if _, err := time.Parse(time.DateOnly, p.until); err == nil {
		until = until.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	if !since.IsZero() && !until.IsZero() && until.Before(since) {
		return since, until, fmt.Errorf("--until %s lies before --since %s", p.until, p.since)
	}
	return since, until, nil
}
