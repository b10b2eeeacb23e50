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
	"list":   "Jan 02,2006 15:04:05",
	"task":   "Jan 02, 2006 15:04:05",
	"stated": statedLayout,
}

// statedLayout is the form that some tables state, and no sample shows.
const statedLayout = "2006-01-02T15:04:05Z"

// statesTimes are the operations whose tables state that form.
var statesTimes = map[string]bool{"QueryTaskInfoHistory": true, "QueryTransferInList": true}

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
		return milli(ms), nil
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zoneOf(layout)); err == nil {
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
		return t.In(f.zone()).Format(f.Layout)
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
