package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Pause is a hold that somebody has put into the state: nothing that it names is
// changed while it holds.
type Pause struct {
	ID         int64 // in the state
	Names      Selection
	Attributes []string  // empty: all
	Money      bool      // nothing is bought either
	Until      time.Time // zero: until somebody ends it
	Reason     string
	By         string // USER@HOST
	// Undoes is the run whose changes were taken back, so that they are not made again
	// until the files agree; 0: somebody has paused the names.
	Undoes int64
}

// IsOn reports whether the pause is on at a time.
func (p *Pause) IsOn(at time.Time) bool { return p.Until.IsZero() || p.Until.After(at) }

// Covers reports whether the pause holds a change back.
func (p *Pause) Covers(c *attr.Change) bool {
	buys := c.Cost != nil || c.Hazard == attr.Money
	return (!buys || p.Money) && (len(p.Attributes) == 0 || slices.Contains(p.Attributes, c.Attribute)) && p.Names.Has(c.Domain)
}

// String says until when the pause holds changes back, why, and who says so.
func (p *Pause) String() string {
	// A plan masks what looks like an e-mail address.
	by := strings.Replace(p.By, "@", " on ", 1)
	said := "paused by " + by
	if !p.Until.IsZero() {
		said = fmt.Sprintf("paused until %s by %s", p.Until.UTC().Format(untilForm), by)
	}
	if p.Reason == "" {
		return said
	}
	return said + ": " + p.Reason
}

// untilForm writes the end of a hold or a pause.
const untilForm = "2006-01-02 15:04 MST"

// PauseOf returns the pause that holds a change back at a time, the longest where
// there are several; nil: none.
func PauseOf(pauses []Pause, c *attr.Change, at time.Time) (longest *Pause) {
	for i := range pauses {
		p := &pauses[i]
		switch {
		case !p.IsOn(at), !p.Covers(c):
		case longest == nil, p.Until.IsZero(), !longest.Until.IsZero() && p.Until.After(longest.Until):
			longest = p
		}
	}
	return longest
}

// outlasts reports whether a pause ends later than a hold block.
func (p *Pause) outlasts(h *config.Hold) bool { return p.Until.IsZero() || p.Until.After(h.End()) }

// whyHeld says why a change is held back by a hold block or a pause, whichever ends
// later; "": it is not.
func (d *differ) whyHeld(c *attr.Change) string {
	hold, pause := d.holdOf(c.Domain, c.Attribute), PauseOf(d.History.Pauses, c, d.Live.ReadAt)
	switch {
	case pause != nil && (hold == nil || pause.outlasts(hold)):
		return pause.String()
	case hold != nil:
		return holdReason(hold)
	}
	return ""
}

// held changes nothing that a hold block or a pause names. A pause may be of some
// attributes alone: what needs these, or would be in their way, stays with them.
func (d *differ) held(s *subject) {
	held, move := 0, d.whyMoveHeld(s)
	for i := range s.changes {
		c := &s.changes[i]
		why := d.whyHeld(c)
		if why == "" && delegates(c) {
			why = move
		}
		if why != "" {
			c.Hold(why)
			held++
		}
	}
	if held > 0 && held < len(s.changes) {
		d.reordered = true
		holdBackByLock(s)
	}
}

// changeHeld changes nothing of the account that a pause names.
func (d *differ) changeHeld(c *attr.Change) {
	if why := d.whyHeld(c); why != "" {
		c.Hold(why)
		d.reordered = true
	}
}
