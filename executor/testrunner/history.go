package testrunner

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/planner"
)

// historyError is a mistake in the history of an account.
type historyError struct {
	at  *hcl.Range
	why string
}

func (e *historyError) Error() string { return e.why }

// historyOf returns what a plan knows of earlier runs; nil: the file has no history.
func (p *player) historyOf(h *tests.History) (*planner.History, error) {
	if h == nil {
		return nil, nil
	}
	history := &planner.History{
		Declared: h.Declared, InDoubt: h.InDoubt, Ordered: h.Ordered, OwedRelocks: h.OwedRelocks, Seen: h.Seen,
	}
	for _, b := range h.Purchases {
		history.Purchases = append(history.Purchases, planner.Purchase{
			Change: b.Change, Before: attr.Expiry{Time: b.Expires}, Amount: b.Amount, Currency: b.Currency, At: b.At, Done: b.Done, Failed: b.Failed,
		})
	}
	for _, pause := range h.Pauses {
		names, err := planner.Select(pause.Names)
		if err != nil {
			return nil, &historyError{h.Source, fmt.Sprintf("a pause: %v", err)}
		}
		history.Pauses = append(history.Pauses, planner.Pause{
			Names: names, Attributes: pause.Attributes, Money: pause.Money, Until: pause.Until, Reason: pause.Reason, By: pause.By,
		})
	}
	var err error
	if h.LastApply != nil {
		history.Baseline, err = p.lastApply(h)
	}
	return history, err
}

// lastApply returns what the last apply recorded of the names that it saw.
func (p *player) lastApply(h *tests.History) (*planner.Baseline, error) {
	last := h.LastApply
	wrong := func(err error) error { return &historyError{h.Source, fmt.Sprintf("last_apply: %v", err)} }
	files, err := fs.Sub(p.FS, last.Files)
	if err != nil {
		return nil, wrong(err)
	}
	portfolio, diags := config.LoadFS(files, config.Options{Bounds: p.Config.Bounds})
	if portfolio == nil {
		return nil, wrong(diags)
	}
	live, err := p.file.Snapshot(last.Live)
	if err != nil {
		return nil, wrong(err)
	}
	b := &planner.Baseline{Key: []byte("that of a test")}
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
	return b, nil
}
