package history

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// Selects reports whether a filter leaves some runs out, whatever the limit.
func (f *Filter) Selects() bool {
	return !f.Since.IsZero() || !f.Until.IsZero() || f.Names != nil || f.By != "" || f.Kind != "" || f.Outcome != "" || f.Attribute != "" || f.Hazard != ""
}

// selects reports whether a run may be meant, by what is known of it without its plan.
func (f *Filter) selects(r *journal.Run) bool {
	switch {
	case !f.Since.IsZero() && r.Began.Before(f.Since), !f.Until.IsZero() && !r.Began.Before(f.Until):
		return false
	case f.By != "" && !f.isBy(r.Actor) && !slices.ContainsFunc(r.Commands, func(c journal.Command) bool { return f.isBy(c.Actor) }):
		return false
	}
	kind := r.Command
	if kind == "" {
		kind = string(r.Kind)
	}
	return f.Kind == "" || f.Kind == kind || slices.ContainsFunc(r.Commands, func(c journal.Command) bool {
		return c.Name == f.Kind && c.Part != journal.PartSettled
	})
}

func (f *Filter) isBy(a journal.Actor) bool {
	return strings.Contains(strings.ToLower(a.By), strings.ToLower(f.By))
}

// selectsRow reports whether a run is meant.
func (f *Filter) selectsRow(r *executor.Recorded, row *Run) bool {
	if f.Outcome != "" && string(row.Status) != f.Outcome && row.Outcome[executor.ChangeResult(f.Outcome)] == 0 && (f.Outcome != Died || !row.Died) {
		return false
	}
	if f.Attribute != "" && row.Attributes[f.Attribute] == 0 || f.Hazard != "" && row.Hazards[f.Hazard] == 0 {
		return false
	}
	if f.Names == nil {
		return true
	}
	for c := range r.Plan.Differences() {
		if c.Status == attr.Ready && c.Domain != "" && f.Names(c.Domain) {
			return true
		}
	}
	return false
}

// Died selects runs whose process died.
const Died = "died"

// Outcomes are what a filter may be asked for: where a run stands, or what became of one
// of its changes.
func Outcomes() []string {
	all := []string{string(Ended), string(EndedEarly), string(Abandoned), string(Open), string(Unfinished), Died}
	for _, r := range []executor.ChangeResult{
		executor.Verified, executor.Done, executor.Waiting, executor.Differs, executor.Failed, executor.Stale, executor.NotSent, executor.InDoubt,
	} {
		all = append(all, string(r))
	}
	return all
}
