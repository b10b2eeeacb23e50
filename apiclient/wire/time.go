package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Zone is the zone of the times that the service writes as 2006-01-02 15:04:05,
// even where the reference says UTC: all pairs of text and milliseconds in its
// samples are of that form and agree on UTC+8. Times with the name of a month
// are very probably in UTC: instance numbers beside them tell the hour.
var Zone = time.FixedZone("UTC+8", 8*60*60)

// Midnight returns the beginning of a time's day in [Zone].
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Zone)
}

// layouts are the ways in which the service writes times.
var layouts = map[string]string{
	"second": "2006-01-02 15:04:05",
	"comma":  "2006-01-02, 15:04:05",
	"list":   monthLayout,
	"task":   "Jan 02, 2006 15:04:05",
	"stated": statedLayout,
}

const (
	// statedLayout is a form that tables state, and no sample shows.
	statedLayout = "2006-01-02T15:04:05Z"
	monthLayout  = "Jan 02,2006 15:04:05"
)

// statedLayouts are the operations whose tables state another form than their
// samples in JSON have.
var statedLayouts = map[string]string{
	"QueryTaskInfoHistory": statedLayout, "QueryTransferInList": statedLayout, "ListEmailVerification": monthLayout,
}

// zoneOf is the zone of the times of a layout.
func zoneOf(layout string) *time.Location {
	if strings.HasPrefix(layout, "Jan") || layout == statedLayout {
		return time.UTC
	}
	return Zone
}

// zone is that of the times of a member.
func (f *Field) zone() *time.Location { return zoneOf(f.Layout) }

// ParseTime reads a time as the service writes it: milliseconds since the
// epoch, or text, in the zone that its form is very probably in. An empty text
// and 0 are the zero time.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, nil
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return inCalendar(milli(ms), s)
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zoneOf(layout)); err == nil {
			return inCalendar(t.UTC(), s)
		}
	}
	return time.Time{}, fmt.Errorf("%q, not a time as the service writes it", s)
}

// inCalendar refuses times that no text holds (RFC 3339, section 1): a snapshot
// with one could not be written.
func inCalendar(t time.Time, written string) (time.Time, error) {
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%q, a time of the year %d", written, t.Year())
	}
	return t, nil
}

// A Span is when something was, as far as an answer tells: exactly, where First
// and Last are one, or at one of the two.
type Span struct{ First, Last time.Time }

// Exact returns the time where the answer tells it.
func (s Span) Exact() (t time.Time, ok bool) { return s.First, s.First.Equal(s.Last) && !s.IsZero() }

// IsZero reports whether the answer tells no time.
func (s Span) IsZero() bool { return s.First.IsZero() }

// Meets reports whether either time lies between two others, themselves
// included.
func (s Span) Meets(from, to time.Time) bool {
	within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	return within(s.First) || within(s.Last)
}

// String writes the time, or both.
func (s Span) String() string {
	first, last := s.First.UTC().Format(time.RFC3339), s.Last.UTC().Format(time.RFC3339)
	switch {
	case s.IsZero():
		return "an unknown time"
	case first == last:
		return first
	}
	return first + " or " + last
}

// either returns when a text was that is in UTC, as it was read, or in UTC+8. The
// reference does not say of times with the name of a month which it is; its
// samples speak for UTC.
func either(text time.Time) Span {
	if text.IsZero() {
		return Span{}
	}
	_, ahead := text.In(Zone).Zone()
	return Span{text.Add(-time.Duration(ahead) * time.Second), text}
}

// exactly returns when something was that an answer tells in milliseconds, and
// else by a text.
func exactly(exact time.Time, text Span) Span {
	if exact.IsZero() {
		return text
	}
	return Span{exact, exact}
}

func milli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// format writes a time as the member wants it.
func (f *Field) format(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if f.Layout != "" {
		return t.In(f.zone()).Format(f.Layout)
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
