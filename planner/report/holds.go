package report

import (
	"slices"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// holds tells of the hold blocks and the pauses that are on, with their names.
func (b *building) holds() {
	add := func(h Hold, has func(ascii string) bool) {
		held := HeldNames{Hold: h, Names: []string{}}
		for i := range b.report.Names {
			if n := &b.report.Names[i]; has(n.ASCII) {
				held.Names = append(held.Names, n.Name)
			}
		}
		if len(held.Names) > 0 {
			b.report.Holds = append(b.report.Holds, held)
		}
	}
	for i := range b.in.Portfolio.Holds {
		if h := &b.in.Portfolio.Holds[i]; h.IsOn(b.ReadAt) {
			add(b.holdBlock(h), func(ascii string) bool {
				_, found := slices.BinarySearch(h.Names, ascii)
				return found
			})
		}
	}
	for i := range b.in.History.Pauses {
		if p := &b.in.History.Pauses[i]; p.IsOn(b.ReadAt) {
			add(b.pause(p), p.Names.Has)
		}
	}
}

func (b *building) holdBlock(h *config.Hold) Hold {
	return Hold{
		Kind: "hold", Label: h.Label, Attributes: append([]string{}, h.Attributes...), Until: h.Until.UTC(), Reason: b.Masker.Text(h.Reason),
		Source: &attr.Source{File: h.Source.Filename, Line: h.Source.Start.Line},
	}
}

func (b *building) pause(p *planner.Pause) Hold {
	return Hold{
		Kind: "pause", Attributes: append([]string{}, p.Attributes...), Until: p.Until.UTC(), Reason: b.Masker.Text(p.Reason), By: b.Masker.Text(p.By),
	}
}
