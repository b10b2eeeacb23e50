package fleet

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a schedule means the same where the machine knows no time zones

	"github.com/robfig/cron/v3"
)

// A Schedule says when a job is due: a cron expression of five fields, read as the wall
// clock of a time zone shows it. The zero value is never due.
//
// Where clocks are set forward, a time that is left out is due at the moment of the
// change; where they are set back, a time that comes twice is due the first time. A
// schedule for each hour, such as "*/5 * * * *", goes by elapsed time instead: nothing
// is due in an hour that is left out, and the hour that comes twice counts twice.
type Schedule struct {
	text   string
	zone   *time.Location
	every  time.Duration // of "@every …"
	fields *cron.SpecSchedule
	hourly bool // all hours of a day are meant
}

// leastEvery is the shortest time between two runs that a schedule can ask for.
const leastEvery = time.Minute

// ParseSchedule reads an expression, such as "17 3 * * *", "@daily" or "@every 6h", and
// the name of a time zone, such as "Asia/Shanghai".
func ParseSchedule(text, zone string) (Schedule, error) {
	location, err := parseZone(zone)
	if err != nil {
		return Schedule{}, err
	}
	if strings.Contains(text, "TZ=") {
		return Schedule{}, errors.New("the time zone stands in timezone, not in the schedule")
	}
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		return Schedule{}, fmt.Errorf("%w; a schedule has five fields: minute, hour, day of the month, month, day of the week", err)
	}
	s := Schedule{text: text, zone: location}
	switch x := parsed.(type) {
	case *cron.SpecSchedule:
		x.Location = time.UTC // in which wall clocks are computed here
		s.fields, s.hourly = x, x.Hour&allHours == allHours
	case cron.ConstantDelaySchedule:
		if s.every = x.Delay; s.every < leastEvery {
			return Schedule{}, fmt.Errorf("%s is too often: the shortest time is @every %s", text, leastEvery)
		}
	}
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, errors.New("no day is such a day")
	}
	return s, nil
}

// allHours are the bits of the hours of a day.
const allHours = 1<<24 - 1

// errLocalZone refuses a zone that is another one on each machine.
var errLocalZone = errors.New(`"Local" is another zone on each machine: name one, such as "Asia/Shanghai"`)

func parseZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errLocalZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("no time zone is called %q: names are those of the IANA, such as %q or %q", name, "Asia/Shanghai", "UTC")
	}
	return zone, nil
}

// String is the expression with its time zone. Schedules with the same text are the same.
func (s Schedule) String() string {
	if s.zone == nil {
		return ""
	}
	return s.text + " " + s.zone.String()
}

// mostShift is more than clocks are set forward or back at once, where no day is left
// out.
const mostShift = 3 * time.Hour

// Next returns when the job is due next after a time; zero: never.
func (s Schedule) Next(after time.Time) time.Time {
	if s.every > 0 {
		return after.Add(s.every).UTC().Truncate(time.Second)
	}
	if s.fields == nil {
		return time.Time{}
	}
	var next time.Time
	begin := wallClock(after.In(s.zone)).Add(-mostShift)
	for wall := s.fields.Next(begin); !wall.IsZero(); wall = s.fields.Next(wall) {
		if !next.IsZero() && wall.After(wallClock(next.In(s.zone)).Add(mostShift)) {
			break // what comes later on the wall cannot come earlier any more
		}
		for _, at := range s.momentsOf(wall) {
			if at.After(after) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// wallClock returns what the clock on the wall shows, as a time in UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// largestOffset is more than any clock is off UTC.
const largestOffset = 15 * time.Hour

// comparedTimes is over how many times a schedule is looked at for the longest wait: a
// week of one for weekdays, the better part of a year of one for each month.
const comparedTimes = 10

// Longest returns the longest time between two of the next times, as the clock on the
// wall shows them; 0: the job is never due, or once.
func (s Schedule) Longest(after time.Time) (longest time.Duration) {
	if s.every > 0 || s.fields == nil {
		return s.every
	}
	last := s.fields.Next(wallClock(after.In(s.zone)))
	for range comparedTimes {
		next := s.fields.Next(last)
		if next.IsZero() {
			break
		}
		longest, last = max(longest, next.Sub(last)), next
	}
	return longest
}

// momentsOf returns when the job is due that is due when the clock on the wall shows a
// time.
func (s Schedule) momentsOf(wall time.Time) []time.Time {
	before, after := s.offset(wall.Add(-largestOffset)), s.offset(wall.Add(largestOffset))
	var shown []time.Time
	for _, offset := range []time.Duration{before, after} {
		at := wall.Add(-offset)
		if s.offset(at) == offset && (len(shown) == 0 || !shown[0].Equal(at)) {
			shown = append(shown, at)
		}
	}
	switch {
	case s.hourly:
		return shown
	case len(shown) > 0:
		if len(shown) == 2 && shown[1].Before(shown[0]) {
			return shown[1:]
		}
		return shown[:1]
	}
	change, _ := wall.Add(-before).In(s.zone).ZoneBounds()
	return []time.Time{change.UTC()}
}

// offset is how far the zone's clocks are before UTC at a moment.
func (s Schedule) offset(at time.Time) time.Duration {
	_, seconds := at.In(s.zone).Zone()
	return time.Duration(seconds) * time.Second
}

// mostMissed bounds what is counted of a job that nobody ran for years.
const mostMissed = 100_000

// Missed counts the times of the schedule after one and until another one. It goes over
// the wall clock once: [Schedule.Next] looks hours around each time, and a job for every
// minute that nobody ran for weeks would keep its table for as long.
func (s Schedule) Missed(after, until time.Time) (n int) {
	if s.fields == nil {
		for at := s.Next(after); !at.IsZero() && !at.After(until) && n < mostMissed; at = s.Next(at) {
			n++
		}
		return n
	}
	counted := make(map[int64]bool) // some of what is left out is due at one moment
	last := wallClock(until.In(s.zone)).Add(mostShift)
	for wall := s.fields.Next(wallClock(after.In(s.zone)).Add(-mostShift)); !wall.IsZero() && !wall.After(last) && len(counted) < mostMissed; wall = s.fields.Next(wall) {
		for _, at := range s.momentsOf(wall) {
			if at.After(after) && !at.After(until) {
				counted[at.Unix()] = true
			}
		}
	}
	return min(len(counted), mostMissed)
}
