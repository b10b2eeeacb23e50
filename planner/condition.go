package planner

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Condition is something that a person has to know of: of a name, of an attribute of
// it, or of the account. A plan and the run that it is of have the same form of it.
type Condition struct {
	ID        string         `json:"id"`                  // of its kind
	Domain    string         `json:"domain,omitempty"`    // canonical; "": the account, or the whole plan
	Attribute string         `json:"attribute,omitempty"` // or the guard that refuses, or when persons were passed over; "": the name as a whole
	Severity  ThreatSeverity `json:"severity"`
	Summary   string         `json:"summary"`
	Reason    string         `json:"reason"` // a sentence, from what the files, the account or the service say
	// Since is when a run saw it first; zero: nobody knows.
	Since time.Time `json:"since,omitzero"`
	// Deadline is when it comes to its end at the latest, or should have; zero: there is
	// none.
	Deadline time.Time `json:"deadline,omitzero"`
	// Labels are those that files give the name, and Critical whether they call it
	// critical, for whoever routes what people are told.
	Labels   Labels `json:"labels,omitempty"`
	Critical bool   `json:"critical,omitempty"`
	// Makes is why the run does not end well for it; "": it does.
	Makes EndReason `json:"makes,omitempty"`
}

// EndReason is why a run does not end well.
type EndReason string

// JoinConditions makes one of the conditions of one kind and subject, with all their
// reasons, the earliest beginning and the nearest deadline.
func JoinConditions(all []Condition) []Condition {
	slices.SortStableFunc(all, compareSubjects)
	joined := all[:0]
	for _, c := range all {
		if n := len(joined); n == 0 || compareSubjects(joined[n-1], c) != 0 {
			joined = append(joined, c)
			continue
		}
		first := &joined[len(joined)-1]
		if !slices.Contains(strings.Split(first.Reason, "; "), c.Reason) {
			first.Reason += "; " + c.Reason
		}
		first.Since, first.Deadline = earlier(first.Since, c.Since), earlier(first.Deadline, c.Deadline)
	}
	return joined
}

// SortConditions brings the severest first, and of these the nearest deadline: what has
// none has begun.
func SortConditions(all []Condition) {
	slices.SortStableFunc(all, func(x, y Condition) int {
		return cmp.Or(CompareSeverities(x.Severity, y.Severity), x.Deadline.Compare(y.Deadline), compareSubjects(x, y))
	})
}

func compareSubjects(x, y Condition) int {
	return cmp.Or(strings.Compare(x.ID, y.ID), strings.Compare(x.Domain, y.Domain), strings.Compare(x.Attribute, y.Attribute))
}

// earlier returns the earlier of two times, of which a zero one is none.
func earlier(x, y time.Time) time.Time {
	if x.IsZero() || !y.IsZero() && y.Before(x) {
		return y
	}
	return x
}

// MapReasons returns conditions with other words in their reasons and labels, the list
// itself where none has others.
func MapReasons(all []Condition, with func(string) string) (mapped []Condition, some bool) {
	mapped = mapSome(all, &some, func(c Condition) (Condition, bool) {
		was := c
		c.Reason, c.Labels = with(c.Reason), c.Labels.MapText(with)
		return c, c != was
	})
	return mapped, some
}
