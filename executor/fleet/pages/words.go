package pages

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// A when is a time as a page shows it: the day and the hour, and how far that is from now.
type when struct{ Machine, Text, Far string }

// whenOf tells a time; nil: never.
func whenOf(t, now time.Time) *when {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	text := t.Format("2 Jan 15:04")
	if t.Year() != now.UTC().Year() {
		text = t.Format("2 Jan 2006 15:04")
	}
	return &when{t.Format(time.RFC3339), text, far(t.Sub(now))}
}

// dayOf tells a day; nil: never.
func dayOf(t, now time.Time) *when {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &when{t.Format(time.DateOnly), t.Format("2 Jan 2006"), far(t.Sub(now))}
}

// far is how far a time is from now.
func far(d time.Duration) string {
	ago := d < 0
	var text string
	switch d = d.Abs(); {
	case d < time.Minute:
		text = words.Count(int(d.Seconds()), "second")
	case d < time.Hour:
		text = words.Count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		text = words.Count(int(d.Hours()), "hour")
	default:
		text = words.Count(int(d.Hours()/24), "day")
	}
	if ago {
		return text + " ago"
	}
	return "in " + text
}

// took is how long something took.
func took(from, to time.Time) string { return words.Seconds(to.Sub(from).Seconds()) }

// shownCommit is how many digits of a commit people compare.
const shownCommit = 12

// commitOf is the commit of a run, in short.
func commitOf(o *fleet.Outcome) string {
	text := inert.Text(o.Commit)
	if len(text) > shownCommit {
		text = words.Truncate(text, shownCommit)
	}
	if o.Changed && o.Commit != "" {
		text += " with changes"
	}
	return text
}

// nameOf is a canonical name as people read it.
func nameOf(canonical string) string { return inert.Text(wire.UnicodeName(canonical)) }

// by says who has asked for a run.
func by(who string) string {
	if who == "" {
		return "the schedule"
	}
	return inert.Text(who)
}
