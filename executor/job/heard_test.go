package job_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/job"
)

// heard is a place where people are told, night after night. It knows what they know,
// and holds that nothing is told twice.
type heard struct {
	*testing.T
	night  int
	open   map[string]job.Severity // what has begun, and not ended
	last   map[string]int          // the night on which something was told last
	counts map[job.NotificationEvent]int
}

func newHeard(t *testing.T) *heard {
	return &heard{T: t, open: make(map[string]job.Severity), last: make(map[string]int), counts: make(map[job.NotificationEvent]int)}
}

func (h *heard) ID() string   { return "heard" }
func (h *heard) Name() string { return "HEARD" }

// subjectOf is what a condition is about.
func subjectOf(c *job.Condition) string { return c.ID + " " + c.Domain + " " + c.Attribute }

// Notify takes a message.
func (h *heard) Notify(_ context.Context, _ string, all []job.Notification) error {
	for i := range all {
		n := &all[i]
		key := subjectOf(&n.Condition)
		_, open := h.open[key]
		h.counts[n.Event]++
		again := 0 // nights after which the same may be told again; 0: at any time
		switch n.Event {
		case job.Begins, job.Gains:
			if open {
				h.Errorf("night %d: %s begins, and has begun before", h.night, key)
			}
		case job.Reminds:
			again = 6
		case job.Nears:
			again = 100
		}
		if n.Event != job.Begins && n.Event != job.Gains && !open {
			h.Errorf("night %d: %s %s, and nobody was told of it", h.night, n.Event, key)
		}
		mark := fmt.Sprint(key, n.Event, n.Days, n.Deadline.Format(time.DateOnly))
		if told, before := h.last[mark]; before && h.night-told < again {
			h.Errorf("night %d: %s was told in night %d, too", h.night, mark, told)
		}
		if h.last[mark], h.open[key] = h.night, n.Severity; n.Event == job.Ends {
			delete(h.open, key)
		}
	}
	return nil
}

// knows holds that people know after a run what it has found, as severe as it is, and
// that what it has not found has ended, where it has looked at everything.
func (h *heard) knows(r *job.Result) {
	h.Helper()
	found := make(map[string]bool)
	severities := job.Severities()
	for i := range r.Conditions {
		c := &r.Conditions[i]
		if c.Severity == job.Known || c.ID == "pending" {
			continue
		}
		key := subjectOf(c)
		found[key] = true
		if told, open := h.open[key]; !open || slices.Index(severities, told) > slices.Index(severities, c.Severity) {
			h.Errorf("night %d: %s is a %s, and people know: %v, as a %q", h.night, key, c.Severity, open, told)
		}
	}
	for key := range h.open {
		if r.Complete && !found[key] {
			h.Errorf("night %d: %s has ended, and nobody was told", h.night, key)
		}
	}
}
