package job_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/executor/job"
)

const aDay = 24 * time.Hour

var nightly0300 = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// said tells notifications in short.
func said(all []job.Notification) string {
	var lines []string
	for _, n := range all {
		line := fmt.Sprintf("%s %s:%s", n.Event, n.ID, n.Domain)
		if n.Days > 0 {
			line += fmt.Sprintf("@%d", n.Days)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func blockedName(name string) job.Condition {
	return job.Condition{ID: "blocked", Domain: name, Attribute: "nameservers", Severity: job.Ticket, Summary: "Blocked"}
}

func endsOn(name string, s job.Severity, at time.Time) job.Condition {
	return job.Condition{ID: "registry_lock_ends", Domain: name, Severity: s, Summary: "The registry lock ends", Deadline: at}
}

// TestNotificationsByNight plays nights, each with what was found and what is told.
func TestNotificationsByNight(t *testing.T) {
	t.Parallel()
	type night struct {
		after    time.Duration // the night before
		found    []job.Condition
		part     bool
		lost     bool // nothing is delivered
		forgot   bool // the state is new
		wantTold string
	}
	east := time.FixedZone("east", 14*3600)
	deadline := nightly0300.Add(31 * aDay)
	one, two := blockedName("one.example.com"), blockedName("two.example.com")
	known := one
	known.Severity = job.Known
	worse := one
	worse.Severity = job.Page
	unread := job.Condition{ID: "unknown", Domain: "one.example.com", Severity: job.Ticket}
	unreadAll := job.Condition{ID: "unknown", Severity: job.Ticket}
	near := endsOn("one.example.com", job.Notice, deadline)
	for name, nights := range map[string][]night{
		"begins once, is reminded of after a week, and ends once": {
			{found: []job.Condition{one}, wantTold: "begins blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one}},
			{after: 6*aDay - time.Minute, found: []job.Condition{one}, wantTold: "reminds blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one}},
			{after: aDay, wantTold: "ends blocked:one.example.com"},
			{after: 9 * aDay},
		},
		"gains a name, and one reminder is of all": {
			{found: []job.Condition{one}, wantTold: "begins blocked:one.example.com"},
			{after: 5 * aDay, found: []job.Condition{one, two}, wantTold: "gains blocked:two.example.com"},
			{after: 2 * aDay, found: []job.Condition{one, two}, wantTold: "reminds blocked:one.example.com, reminds blocked:two.example.com"},
			{after: 6 * aDay, found: []job.Condition{one, two}},
			{after: aDay, found: []job.Condition{two}, wantTold: "reminds blocked:two.example.com, ends blocked:one.example.com"},
		},
		"worsens, is less severe without a word, and is accepted": {
			{found: []job.Condition{one}, wantTold: "begins blocked:one.example.com"},
			{after: aDay, found: []job.Condition{worse}, wantTold: "worsens blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one}},
			{after: aDay, found: []job.Condition{known}, wantTold: "ends blocked:one.example.com"},
			{after: aDay, found: []job.Condition{known}},
			{after: aDay, found: []job.Condition{one}, wantTold: "begins blocked:one.example.com"},
		},
		"each threshold once, by what is left and in no zone": {
			{found: []job.Condition{near}, wantTold: "begins registry_lock_ends:one.example.com"},
			{after: aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, deadline.In(east))}, wantTold: "nears registry_lock_ends:one.example.com@30"},
			{after: 3 * time.Hour, found: []job.Condition{near}},
			{after: 23 * aDay, found: []job.Condition{near}, wantTold: "nears registry_lock_ends:one.example.com@7"},
			{after: aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, deadline.Add(-time.Hour))}},
			{after: 4 * aDay, found: []job.Condition{near}, wantTold: "nears registry_lock_ends:one.example.com@3"},
			{after: 3 * aDay, found: []job.Condition{near}, wantTold: "nears registry_lock_ends:one.example.com@1"},
			{after: aDay, found: []job.Condition{near}},
			{after: 6 * aDay, found: []job.Condition{near}, wantTold: "reminds registry_lock_ends:one.example.com"},
		},
		"a later deadline begins anew, a clock that is set back does not": {
			{found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(3*aDay))}, wantTold: "begins registry_lock_ends:one.example.com"},
			{after: -9 * aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(3*aDay))}},
			{after: 6 * aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(3*aDay))}},
			{after: aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(3*aDay))}, wantTold: "reminds registry_lock_ends:one.example.com"},
			{after: aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(33*aDay))}},
			{after: aDay, found: []job.Condition{endsOn("one.example.com", job.Notice, nightly0300.Add(9*aDay))}, wantTold: "nears registry_lock_ends:one.example.com@14"},
		},
		"a run about a part ends nothing, and neither does one that could not read": {
			{found: []job.Condition{one, two}, wantTold: "begins blocked:one.example.com, begins blocked:two.example.com"},
			{after: aDay, part: true},
			{after: aDay, found: []job.Condition{unread, two}, wantTold: "begins unknown:one.example.com"},
			{after: aDay, found: []job.Condition{unreadAll}, wantTold: "begins unknown:"},
			{after: aDay, found: []job.Condition{one}, wantTold: "ends blocked:two.example.com, ends unknown:, ends unknown:one.example.com"},
		},
		"what was not delivered is told the next night, as it is then": {
			{found: []job.Condition{one}, lost: true, wantTold: "begins blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one, two}, wantTold: "begins blocked:one.example.com, begins blocked:two.example.com"},
			{after: aDay, found: []job.Condition{two}, lost: true, wantTold: "ends blocked:one.example.com"},
			{after: aDay, found: []job.Condition{two}, wantTold: "ends blocked:one.example.com"},
		},
		"a new state tells once again": {
			{found: []job.Condition{one}, wantTold: "begins blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one}, forgot: true, wantTold: "begins blocked:one.example.com"},
			{after: aDay, found: []job.Condition{one}},
		},
	} {
		now, m := nightly0300, job.NotificationMemory{}
		for i, n := range nights {
			if now = now.Add(n.after); n.forgot {
				m = job.NotificationMemory{}
			}
			due, after := job.DueNotifications(now, n.found, !n.part, m)
			if got := said(due); got != n.wantTold {
				t.Errorf("%s: night %d tells %q, want %q", name, i, got, n.wantTold)
			}
			if !n.lost {
				m = remembered(t, after)
			}
		}
	}
}

// remembered is a memory as it comes back from where it is kept.
func remembered(t interface{ Fatal(...any) }, m job.NotificationMemory) (kept job.NotificationMemory) {
	data, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(data, &kept)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestNotificationLaws holds over any history what people rely on: whoever adds up
// what was told knows what is open, and is told of it each week, not each night.
func TestNotificationLaws(t *testing.T) {
	t.Parallel()
	ids := []string{"blocked", "missing", "unknown", "expired"}
	severities := []job.Severity{job.Page, job.Ticket, job.Notice, job.Known}
	rapid.Check(t, func(t *rapid.T) {
		now, m := nightly0300, job.NotificationMemory{}
		open, heard := make(map[string]bool), make(map[string]time.Time) // by whoever adds up what was told
		found := make(map[string]job.Condition)
		for range rapid.IntRange(1, 60).Draw(t, "nights") {
			now = now.Add(aDay + time.Duration(rapid.IntRange(-30, 30).Draw(t, "minutes"))*time.Minute)
			for range rapid.IntRange(0, 3).Draw(t, "news") {
				c := job.Condition{ID: rapid.SampledFrom(ids).Draw(t, "id"), Domain: rapid.SampledFrom([]string{"", "a.example.com", "b.example.com"}).Draw(t, "domain")}
				key := c.ID + " " + c.Domain
				if _, there := found[key]; there && rapid.Bool().Draw(t, "ends") {
					delete(found, key)
					continue
				}
				c.Severity = rapid.SampledFrom(severities).Draw(t, "severity")
				if left := rapid.IntRange(-40, 40).Draw(t, "left"); left > -30 {
					c.Deadline = now.Add(time.Duration(left) * aDay)
				}
				found[key] = c
			}
			complete, delivered := rapid.IntRange(0, 4).Draw(t, "complete") > 0, rapid.IntRange(0, 4).Draw(t, "delivered") > 0
			all := slices.Collect(maps.Values(found))
			due, after := job.DueNotifications(now, all, complete, m)
			slices.Reverse(all)
			if again, _ := job.DueNotifications(now, all, complete, m); cmp.Diff(due, again) != "" {
				t.Fatal("the order of the conditions counts")
			}
			if once, _ := job.DueNotifications(now, all, complete, after); len(once) > 0 {
				t.Fatalf("told at once again: %s", said(once))
			}
			if !delivered {
				continue
			}
			m = remembered(t, after)
			for _, n := range due {
				key := n.ID + " " + n.Domain
				if begins := n.Event == job.Begins || n.Event == job.Gains; begins == open[key] {
					t.Fatalf("%s of %s, which was open: %v", n.Event, key, open[key])
				}
				open[key] = n.Event != job.Ends
				heard[key] = now
			}
			checkKnown(t, found, open, complete)
			for key, is := range open {
				if is && now.Sub(heard[key]) > 7*aDay {
					t.Fatalf("%s is open, and nothing was heard of it for %v", key, now.Sub(heard[key]))
				}
			}
		}
	})
}

// checkKnown compares what is open with what those know who add up what was told.
func checkKnown(t *rapid.T, found map[string]job.Condition, open map[string]bool, complete bool) {
	for key, c := range found {
		if open[key] != (c.Severity != job.Known) {
			t.Fatalf("%s is %s, and for all that was told it is open: %v", key, c.Severity, open[key])
		}
	}
	_, all := found["unknown "]
	for key, is := range open {
		_, name, _ := strings.Cut(key, " ")
		_, there := found[key]
		_, unread := found["unknown "+name]
		if is && !there && complete && !all && !unread {
			t.Fatalf("%s has ended, and nobody knows", key)
		}
	}
}

// TestAQuietYear: one condition that stays open for a year makes about one message a
// week, and not one a night.
func TestAQuietYear(t *testing.T) {
	t.Parallel()
	messages, m := 0, job.NotificationMemory{}
	for night := range 365 {
		due, after := job.DueNotifications(nightly0300.AddDate(0, 0, night), []job.Condition{blockedName("one.example.com")}, true, m)
		if m = after; len(due) > 0 {
			messages++
		}
	}
	if messages != 53 {
		t.Errorf("%d messages in a year", messages)
	}
}
