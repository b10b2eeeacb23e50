package testrunner

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/planner"
)

// historyOf returns what a plan knows of earlier runs; nil: the file has no history. It
// reports false where that has a mistake.
func (p *player) historyOf(h *tests.History) (*planner.History, bool) {
	if h == nil {
		return nil, true
	}
	history := &planner.History{
		Declared: h.Declared, InDoubt: h.InDoubt, Ordered: h.Ordered, OwedRelocks: h.OwedRelocks, Seen: h.Seen,
	}
	for _, b := range h.Purchases {
		history.Purchases = append(history.Purchases, planner.Purchase{
			Change: b.Change, Before: attr.Expiry{Time: b.Expires}, Amount: b.Amount, Currency: b.Currency, At: b.At, Done: b.Done, Failed: b.Failed,
		})
	}
	for i, pause := range h.Pauses {
		names, err := planner.Select(pause.Names)
		if err != nil {
			p.file.Report(h.Mistake("pauses", fmt.Sprintf("[%d].names", i), ": "+err.Error()))
			return nil, false
		}
		history.Pauses = append(history.Pauses, planner.Pause{
			Names: names, Attributes: pause.Attributes, Money: pause.Money, Until: pause.Until, Reason: pause.Reason, By: pause.By,
		})
	}
	if h.LastApply == nil {
		return history, true
	}
	baseline, member, err := p.lastApply(h.LastApply)
	if err != nil {
		p.file.Report(h.Mistake("last_apply", member, ": "+err.Error()))
		return nil, false
	}
	history.Baseline = baseline
	return history, true
}

// lastApply returns what the last apply recorded of the names that it saw, or which
// member is wrong.
func (p *player) lastApply(last *tests.LastApply) (b *planner.Baseline, member string, err error) {
	files, err := fs.Sub(p.FS, last.Files)
	if err != nil {
		return nil, "files", err
	}
	portfolio, diags := config.LoadFS(files, config.Options{Bounds: p.Config.Bounds})
	if portfolio == nil {
		return nil, "files", diags
	}
	live, err := p.file.Snapshot(last.Live)
	if err != nil {
		return nil, "live", err
	}
	b = &planner.Baseline{Key: []byte("that of a test")}
	plan := planner.Diff(planner.Input{
		Portfolio: portfolio, Live: live, Version: p.Version, Log: planner.Log{Offline: true}, Applied: true,
		History: planner.History{Declared: []string{}, Baseline: b},
	})
	if plan.Baseline != nil {
		b.Names = slices.Clone(plan.Baseline.Changed)
	}
	for i := range b.Names {
		b.Names[i].Since = live.ReadAt
	}
	return b, "", nil
}
