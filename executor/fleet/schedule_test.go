package fleet_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/seedtest"
)

func schedule(t *testing.T, text, zone string) fleet.Schedule {
	t.Helper()
	s, err := fleet.ParseSchedule(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScheduleNext has what a schedule comes to, clocks that are set forward and back
// included. Times are local, with their offset.
func TestScheduleNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, zone, after string
		want                    []string
	}{
		{"each day", "17 3 * * *", "Asia/Shanghai", "2027-03-01T12:00:00+08:00", []string{"2027-03-02T03:17:00+08:00", "2027-03-03T03:17:00+08:00"}},
		{"exactly then is over", "17 3 * * *", "UTC", "2027-03-01T03:17:00Z", []string{"2027-03-02T03:17:00Z"}},
		{"a moment before", "17 3 * * *", "UTC", "2027-03-01T03:16:59.999Z", []string{"2027-03-01T03:17:00Z"}},
		{"a word", "@monthly", "Europe/Berlin", "2027-03-01T12:00:00+01:00", []string{"2027-04-01T00:00:00+02:00"}},
		{"every so often", "@every 6h", "UTC", "2027-03-01T12:00:00Z", []string{"2027-03-01T18:00:00Z", "2027-03-02T00:00:00Z"}},
		{"a leap day", "0 0 29 2 *", "UTC", "2027-03-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"weekdays", "0 9 * * MON-FRI", "UTC", "2027-03-05T10:00:00Z", []string{"2027-03-08T09:00:00Z"}},

		// In Berlin, clocks go from 02:00 to 03:00 on 28 March 2027.
		{"a time that is left out", "30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00+01:00", []string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"}},
		{"two times that are left out are one", "10,50 2 * * *", "Europe/Berlin", "2027-03-28T01:00:00+01:00", []string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:10:00+02:00"}},
		{"every hour where one is left out", "30 * * * *", "Europe/Berlin", "2027-03-28T00:45:00+01:00", []string{"2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00"}},
		// They go from 03:00 to 02:00 on 31 October 2027.
		{"a time that comes twice", "30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00+02:00", []string{"2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"}},
		{"between the two", "30 2 * * *", "Europe/Berlin", "2027-10-31T02:45:00+02:00", []string{"2027-11-01T02:30:00+01:00"}},
		{"some hours where one comes twice", "*/30 1-3 * * *", "Europe/Berlin", "2027-10-31T01:45:00+02:00", []string{"2027-10-31T02:00:00+02:00", "2027-10-31T02:30:00+02:00", "2027-10-31T03:00:00+01:00", "2027-10-31T03:30:00+01:00", "2027-11-01T01:00:00+01:00"}},
		{"every hour where one comes twice", "30 * * * *", "Europe/Berlin", "2027-10-31T01:45:00+02:00", []string{"2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00", "2027-10-31T03:30:00+01:00"}},
		// On Lord Howe Island clocks go by half an hour: from 02:00 to 02:30 on 3 October,
		// from 02:00 to 01:30 on 4 April.
		{"half an hour that is left out", "15 2 * * *", "Australia/Lord_Howe", "2027-10-02T12:00:00+10:30", []string{"2027-10-03T02:30:00+11:00", "2027-10-04T02:15:00+11:00"}},
		{"half an hour that comes twice", "45 1 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00+11:00", []string{"2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"}},
		{"each quarter where half an hour comes twice", "*/15 * * * *", "Australia/Lord_Howe", "2027-04-04T01:40:00+11:00", []string{"2027-04-04T01:45:00+11:00", "2027-04-04T01:30:00+10:30", "2027-04-04T01:45:00+10:30", "2027-04-04T02:00:00+10:30"}},
		// Samoa left out 30 December 2011; in Beirut midnight is left out.
		{"a day that is left out", "0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00", []string{"2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00"}},
		{"midnight that is left out", "@daily", "Asia/Beirut", "2027-03-27T12:00:00+02:00", []string{"2027-03-28T01:00:00+03:00", "2027-03-29T00:00:00+03:00"}},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := schedule(t, test.text, test.zone)
			at, err := time.Parse(time.RFC3339Nano, test.after)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range test.want {
				want, err := time.Parse(time.RFC3339, text)
				if err != nil {
					t.Fatal(err)
				}
				next := s.Next(at)
				if !next.Equal(want) {
					t.Fatalf("after %v comes %v, want %v", at, next.In(want.Location()), want)
				}
				at = next
			}
		})
	}
}

func TestScheduleRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, zone, want string }{
		{"17 3 * *", "UTC", "five fields"},
		{"17 3 * * * *", "UTC", "five fields"},
		{"", "UTC", "five fields"},
		{"61 3 * * *", "UTC", "61"},
		{"@sometimes", "UTC", "@sometimes"},
		{"@every 10s", "UTC", "too often"},
		{"0 0 30 2 *", "UTC", "no day is such a day"},
		{"CRON_TZ=Asia/Tokyo 0 0 * * *", "UTC", "stands in timezone"},
		{"TZ=Asia/Tokyo 0 0 * * *", "UTC", "stands in timezone"},
		{"0 0 * * *", "Mars/Olympus", `"Mars/Olympus"`},
		{"0 0 * * *", "Local", "each machine"},
	} {
		if _, err := fleet.ParseSchedule(test.text, test.zone); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q in %q: %v, want %q", test.text, test.zone, err, test.want)
		}
	}
}

// TestScheduleProperties holds for schedules, zones and times at random: times come one
// after the other, none is skipped, the wall shows what the schedule says or the clocks
// have just been set forward, a day has a daily time once, and what was missed is counted.
func TestScheduleProperties(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca", "America/Santiago", "Asia/Kathmandu"}
	for range 300 {
		zone, err := time.LoadLocation(zones[random.IntN(len(zones))])
		if err != nil {
			t.Fatal(err)
		}
		hour, minute := random.IntN(24), random.IntN(60)
		text := time.Date(2000, 1, 1, hour, minute, 0, 0, time.UTC).Format("4 15 * * *")
		s := schedule(t, text, zone.String())
		after := time.Date(2020+random.IntN(15), time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), random.IntN(60), 0, 0, time.UTC)
		at, days := after, make(map[string]bool)
		for range 60 {
			next := s.Next(at)
			local := next.In(zone)
			_, before := next.Add(-time.Second).In(zone).Zone()
			_, now := local.Zone()
			switch {
			case !next.After(at) || next.Sub(at) > 26*time.Hour:
				t.Fatalf("%s after %v: %v", s, at, next)
			case (local.Hour() != hour || local.Minute() != minute) && now <= before:
				t.Fatalf("%s after %v: %v, and no clock was set forward", s, at, local)
			case days[local.Format(time.DateOnly)]:
				t.Fatalf("%s comes twice on %v", s, local)
			}
			if middle := at.Add(next.Sub(at) / 2); !s.Next(middle).Equal(next) {
				t.Fatalf("%s after %v: %v, after %v: %v", s, at, next, middle, s.Next(middle))
			}
			days[local.Format(time.DateOnly)], at = true, next
		}
		if missed := s.Missed(after, at); missed != 60 {
			t.Fatalf("%s from %v to %v: %d missed, want 60", s, after, at, missed)
		}
	}
}

func TestNoScheduleIsNeverDue(t *testing.T) {
	t.Parallel()
	var s fleet.Schedule
	if now := time.Now(); !s.Next(now).IsZero() || s.Missed(now, now.Add(time.Hour)) != 0 || s.String() != "" {
		t.Errorf("next is %v", s.Next(now))
	}
}

// TestMissedTimesAreThoseThatCome: as many as there are one after the other, whatever
// clocks do meanwhile.
func TestMissedTimesAreThoseThatCome(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"} {
		for _, text := range []string{"30 2 * * *", "*/20 1-3 * * *", "*/30 * * * *", "0 0 * * *", "15 0,12 * * 1-5", "@hourly", "@every 7h"} {
			s := schedule(t, text, zone)
			for _, begin := range []time.Time{
				time.Date(2011, 12, 27, 5, 0, 0, 0, time.UTC), // Samoa left a day out
				time.Date(2027, 3, 26, 0, 30, 0, 0, time.UTC), time.Date(2027, 4, 1, 15, 0, 0, 0, time.UTC), time.Date(2027, 10, 29, 1, 0, 0, 0, time.UTC), time.Date(2027, 11, 5, 6, 15, 0, 0, time.UTC),
			} {
				until, want := begin.Add(101*time.Hour), 0
				for at := s.Next(begin); !at.After(until); at = s.Next(at) {
					want++
				}
				if got := s.Missed(begin, until); got != want || got == 0 {
					t.Errorf("%q after %v: %d were missed, want %d", s, begin, got, want)
				}
			}
		}
	}
}

// TestMissedTimesAreCountedAtOnce: while they are, nobody else uses the table.
func TestMissedTimesAreCountedAtOnce(t *testing.T) {
	t.Parallel()
	s := schedule(t, "* * * * *", "Asia/Shanghai")
	began, now := time.Now(), time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	if n := s.Missed(now.AddDate(-3, 0, 0), now); n != 100_000 {
		t.Errorf("%d were missed in three years", n)
	}
	if took := time.Since(began); took > fleet.DefaultLease/2 {
		t.Errorf("it took %v", took)
	}
}

// TestLongestWaitOfASchedule: what an alert waits for is right for jobs of each week and
// of weekdays, too.
func TestLongestWaitOfASchedule(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"17 3 * * *": day, "0 3 * * 1-5": 3 * day, "0 3 1 * *": 31 * day, "*/5 * * * *": 5 * time.Minute,
		"0 3,15 * * *": 12 * time.Hour, "0 2,5 * * *": 21 * time.Hour, "@every 6h": 6 * time.Hour, "@weekly": 7 * day,
	} {
		s, err := fleet.ParseSchedule(text, "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range []time.Time{time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)} {
			if got := s.Longest(now); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
	}
	if got := (fleet.Schedule{}).Longest(time.Now()); got != 0 {
		t.Errorf("without a schedule: %s", got)
	}
}
