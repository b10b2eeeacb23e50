package planner

import (
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// warnEndedHolds tells of holds that have ended: they hold nothing, and who reads the
// files may think otherwise.
func (p *Plan) warnEndedHolds(in Input) {
	for i := range in.Portfolio.Holds {
		h := &in.Portfolio.Holds[i]
		if h.IsOn(in.Live.ReadAt) || !slices.ContainsFunc(h.Names, in.Only.Has) {
			continue
		}
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Summary: "Hold has ended", Source: &attr.Source{File: h.Source.Filename, Line: h.Source.Start.Line},
			Detail: fmt.Sprintf("Hold %q ended on %s and holds nothing back. Take it out, or give it another day.", h.Label, h.Until.Format(untilForm)),
		})
	}
}

// warnReleased tells of names of released blocks that the account does not hold any
// more: they have served, and a name that comes back later is to be noticed.
func (p *Plan) warnReleased(in Input) {
	if in.Listed != nil || in.Transfers != nil {
		return // the list was not read whole
	}
	for i := range in.Portfolio.Released {
		r := &in.Portfolio.Released[i]
		var gone []string
		for _, name := range r.Names {
			if in.Only.Has(name) && in.Portfolio.Domain(name) == nil && in.Live.Domain(name) == nil {
				gone = append(gone, name)
			}
		}
		if len(gone) > 0 {
			from := attr.Source{File: r.Source.Filename, Line: r.Source.Start.Line}
			shown := words.List(gone[:min(len(gone), namedByGuard)], len(gone)-namedByGuard)
			p.Diagnostics = append(p.Diagnostics, Diagnostic{
				Severity: SeverityWarning, Summary: "Released names are gone", Source: &from,
				Detail: fmt.Sprintf("The account no longer holds %s. Take that out of released %q.", shown, r.Label),
			})
		}
	}
}
