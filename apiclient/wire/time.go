package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Zone is the zone of every time that the service writes as text, even where
// the reference says UTC: all pairs of text and milliseconds in its samples
// agree on UTC+8.
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
	"list":   "Jan 02,2006 15:04:05",
	"task":   "Jan 02, 2006 15:04:05",
}

// ParseTime reads a time as the service writes it: milliseconds since the
// epoch, or text in UTC+8. An empty text and 0 are the zero time.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, nil
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return milli(ms), nil
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, Zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q, not a time as the service writes it", s)
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
		return t.In(Zone).Format(f.Layout)
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
