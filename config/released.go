package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Released says that names have left the files on purpose: nobody is to be told that
// they did, or that nothing keeps them any more.
type Released struct {
	Label  string
	Names  []string // canonical, sorted
	Reason string
	Source hcl.Range
}

// evaluateReleased computes the released blocks. The domains are known.
func (l *loader) evaluateReleased() {
	slices.SortFunc(l.released, func(a, b *declaration) int { return strings.Compare(a.label, b.label) })
	for _, d := range l.released {
		if d.names.expr != nil {
			l.evaluateNames(d, anyName)
		}
		r := Released{Label: d.label, Source: *d.header, Names: l.namesOf(d, true, "Released name is declared",
			"A block declares the name, so that it has not left the files and is treated as all that they declare. Take it out of the one block or the other.")}
		r.Reason, _ = l.text(d.reason, "reason")
		l.portfolio.Released = append(l.portfolio.Released, r)
	}
}

// ReleasedBy returns the block that releases a canonical name; nil: none does, or the
// files declare the name, and what is declared counts.
func (p *Portfolio) ReleasedBy(name string) *Released {
	for i := range p.Released {
		if _, found := slices.BinarySearch(p.Released[i].Names, name); found && p.Domain(name) == nil {
			return &p.Released[i]
		}
	}
	return nil
}
