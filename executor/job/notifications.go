package job

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// NotificationEvent is what has become of a condition since it was told of last.
type NotificationEvent string

// The events that are told.
const (
	Begins  NotificationEvent = "begins"
	Gains   NotificationEvent = "gains"   // a condition of this kind is known already, of other names
	Worsens NotificationEvent = "worsens" // it is more severe
	Nears   NotificationEvent = "nears"   // so few days are left until its deadline
	Reminds NotificationEvent = "reminds" // it is still open
	Ends    NotificationEvent = "ends"    // or somebody has said that it is known
)

// A Notification is what people are told of a condition.
type Notification struct {
	Condition
	Event NotificationEvent
	Days  int // with Nears: the threshold that was crossed
}

// notificationThresholds are how many days before its deadline a condition is told again.
var notificationThresholds = []int{30, 14, 7, 3, 1}

const (
	day = 24 * time.Hour
	// reminderAfter is a week, less what a run each week may be too early.
	reminderAfter = 7*day - 6*time.Hour
	// sameDeadline is how far a deadline may move and count as the same: it may have
	// been computed from the time of a reading.
	sameDeadline = day
)

// NotificationMemory is what people at one place were told. The zero value is nothing.
type NotificationMemory struct {
	Open []ToldOf `json:"open,omitempty"` // the conditions that are open for all they know, sorted
	// Reminded is when all that is open was told last.
	Reminded time.Time `json:"reminded,omitzero"`
}

// ToldOf is what was told of one condition.
type ToldOf struct {
	ID        string    `json:"id"`
	Domain    string    `json:"domain,omitempty"`
	Attribute string    `json:"attribute,omitempty"`
	Severity  Severity  `json:"severity"`
	Deadline  time.Time `json:"deadline,omitzero"`
	// Days is the least threshold that was told, or had passed when it began; 0: none.
	Days int `json:"days,omitempty"`
}

// DueNotifications decides what people have to be told after a run with these conditions,
// where they were told what the memory says, and what they then know. Only a complete
// run ends a condition by not finding it, and only for a name that could be read.
func DueNotifications(now time.Time, conditions []Condition, complete bool, m NotificationMemory) ([]Notification, NotificationMemory) {
	d := noticing{now: now, told: make(map[toldKey]ToldOf), kinds: make(map[string]bool)}
	for _, t := range m.Open {
		d.told[t.key()] = t
		d.kinds[t.ID] = true
	}
	for i := range conditions {
		d.take(conditions[i])
	}
	for _, t := range m.Open {
		if !d.seen[t.key()] {
			d.miss(t, complete)
		}
	}
	d.remind(m)
	sortNotifications(d.due)
	slices.SortFunc(d.after.Open, func(x, y ToldOf) int { return compareKeys(x.key(), y.key()) })
	return d.due, d.after
}

type toldKey struct{ id, domain, attribute string }

// noticing is the decision on its way.
type noticing struct {
	now    time.Time
	told   map[toldKey]ToldOf
	kinds  map[string]bool // of which something was told
	seen   map[toldKey]bool
	unread map[string]bool // names whose state is not known now; "": of all
	due    []Notification
	after  NotificationMemory
	quiet  []Condition // that are open, and of which nothing else is told
}

func (t *ToldOf) key() toldKey { return toldKey{t.ID, t.Domain, t.Attribute} }

// take looks at a condition that the run has found.
func (d *noticing) take(c Condition) {
	key := toldKey{c.ID, c.Domain, c.Attribute}
	if d.seen[key] {
		return
	}
	if d.seen == nil {
		d.seen, d.unread = make(map[toldKey]bool), make(map[string]bool)
	}
	d.seen[key] = true
	if c.ID == kindUnknown {
		d.unread[c.Domain] = true
	}
	told, known := d.told[key]
	if c.Severity == Known {
		if known {
			d.tell(c, Ends, 0)
		}
		return
	}
	days := thresholdOf(c.Deadline, d.now)
	next := ToldOf{c.ID, c.Domain, c.Attribute, c.Severity, c.Deadline, days}
	moved := known && (c.Deadline.IsZero() != told.Deadline.IsZero() || c.Deadline.Sub(told.Deadline).Abs() >= sameDeadline)
	nearer := days != 0 && (told.Days == 0 || days < told.Days)
	if known && !moved && !nearer {
		next.Deadline, next.Days = told.Deadline, told.Days // a clock that is set back crosses nothing again
	}
	switch {
	case !known && d.kinds[c.ID] && c.Domain != "":
		d.tell(c, Gains, 0)
	case !known:
		d.tell(c, Begins, 0)
	case severer(c.Severity, told.Severity):
		d.tell(c, Worsens, 0)
	case nearer:
		d.tell(c, Nears, days)
	default:
		d.quiet = append(d.quiet, c)
	}
	d.after.Open = append(d.after.Open, next)
}

// miss looks at a condition that was told, and that the run has not found.
func (d *noticing) miss(t ToldOf, complete bool) {
	c := Condition{ID: t.ID, Domain: t.Domain, Attribute: t.Attribute, Severity: t.Severity, Summary: summaryOf(t.ID), Deadline: t.Deadline}
	if complete && !d.unread[""] && !d.unread[t.Domain] {
		d.tell(c, Ends, 0)
		return
	}
	d.after.Open = append(d.after.Open, t) // for all that is known
	d.quiet = append(d.quiet, c)
}

func (d *noticing) tell(c Condition, e NotificationEvent, days int) {
	d.due = append(d.due, Notification{Condition: c, Event: e, Days: days})
}

// remind tells of all that is open where a week has passed since that was done, and
// remembers when it was.
func (d *noticing) remind(m NotificationMemory) {
	if len(d.after.Open) == 0 {
		return
	}
	d.after.Reminded = m.Reminded
	switch {
	case len(m.Open) == 0 || m.Reminded.IsZero(), m.Reminded.After(d.now): // nothing was open, or the clock was set back
		d.after.Reminded = d.now
	case d.now.Sub(m.Reminded) >= reminderAfter:
		d.after.Reminded = d.now
		for _, c := range d.quiet {
			d.tell(c, Reminds, 0)
		}
	}
}

// thresholdOf returns the least threshold that is crossed: as many days are left, or
// fewer; 0: none.
func thresholdOf(deadline, now time.Time) int {
	least := 0
	for _, days := range notificationThresholds {
		if !deadline.IsZero() && deadline.Sub(now) <= time.Duration(days)*day {
			least = days
		}
	}
	return least
}

func severer(x, than Severity) bool {
	all := Severities()
	return slices.Index(all, x) < slices.Index(all, than)
}

// summaryOf says in short what conditions of a kind are, its ID where that is of
// another version of the program.
func summaryOf(id string) string {
	if id == kindRunFailed {
		return runFailed
	}
	for _, k := range ConditionKinds() {
		if k.ID == id {
			return k.Summary
		}
	}
	return id
}

func compareKeys(x, y toldKey) int {
	return cmp.Or(strings.Compare(x.id, y.id), strings.Compare(x.domain, y.domain), strings.Compare(x.attribute, y.attribute))
}

// sortNotifications brings what is new first, then what is open still, then what has
// ended, and of each what is severest.
func sortNotifications(all []Notification) {
	events, severities := []NotificationEvent{Begins, Gains, Worsens, Nears, Reminds, Ends}, Severities()
	group := func(n Notification) int { return max(slices.Index(events, n.Event), slices.Index(events, Nears)) }
	slices.SortFunc(all, func(x, y Notification) int {
		return cmp.Or(group(x)-group(y), slices.Index(severities, x.Severity)-slices.Index(severities, y.Severity),
			slices.Index(events, x.Event)-slices.Index(events, y.Event), x.Deadline.Compare(y.Deadline),
			compareKeys(toldKey{x.ID, x.Domain, x.Attribute}, toldKey{y.ID, y.Domain, y.Attribute}))
	})
}
