package job

import (
	"slices"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Masked returns the event as everybody may read it: with a mask in place of each
// personal text. It is the event itself where m is nil.
func (e Event) Masked(m *personal.Masker) Event {
	e.Details = masked(e.Details, m)
	return e
}

func masked(d Details, m *personal.Masker) Details {
	switch d := d.(type) {
	case StateLost:
		d.Loss.Reason = m.Text(d.Loss.Reason)
		return d
	case Settled:
		d.Report = d.Report.Masked(m)
		return d
	case Planned:
		d.Plan, d.Stale, d.Done = d.Plan.Masked(m), maskedStale(d.Stale, m), m.Texts(d.Done)
		return d
	case FollowPlanned:
		d.Plan = d.Plan.Masked(m)
		return d
	case Approved:
		d.By = m.Text(d.By)
		return d
	case Refused:
		d.Reason = m.Text(d.Reason)
		return d
	case Executed:
		d.Report = d.Report.Masked(m)
		return d
	case Ended:
		d.Result = d.Result.Masked(m)
		return d
	case executor.Event:
		return executor.Masked(d, m)
	}
	return d
}

// Masked returns the result as everybody may read it: with a mask in place of each
// personal text. It is the result itself where m is nil.
func (r *Result) Masked(m *personal.Masker) *Result {
	if r == nil || m == nil {
		return r
	}
	masked := *r
	if r.Plan != nil {
		masked.Plan = r.Plan.Masked(m)
	}
	masked.Follow = slices.Clone(r.Follow)
	for i, p := range masked.Follow {
		masked.Follow[i] = p.Masked(m)
	}
	masked.Stale, masked.Done, masked.Refusal = maskedStale(r.Stale, m), m.Texts(r.Done), m.Text(r.Refusal)
	masked.Conditions, _ = planner.MapReasons(r.Conditions, m.Text)
	masked.Settled, masked.Report = r.Settled.Masked(m), r.Report.Masked(m)
	return &masked
}

func maskedStale(all []planner.Stale, m *personal.Masker) []planner.Stale {
	all = slices.Clone(all)
	for i := range all {
		all[i].ID, all[i].Reason = m.Text(all[i].ID), m.Text(all[i].Reason)
	}
	return all
}
