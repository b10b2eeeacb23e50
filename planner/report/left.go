package report

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// What a name can leave.
const (
	leftFiles   = "files"
	leftAccount = "account"
)

// left tells of the names that left the files, with a word or without, and of those that
// left the account.
func (b *building) left() {
	gone := make(map[string]Gone)
	add := func(name, from string) {
		if b.in.Only.Has(name) {
			gone[name] = Gone{
				Name: wire.UnicodeName(name), Suffix: b.suffixOf(name), From: from, Seen: b.seen(name), Released: b.released(name),
				Declared: b.in.Portfolio.Domain(name) != nil, Held: b.in.Live.Domain(name) != nil,
			}
		}
	}
	for i := range b.in.Portfolio.Released {
		for _, name := range b.in.Portfolio.Released[i].Names {
			switch {
			case b.in.Portfolio.Domain(name) != nil: // what is declared counts
			case b.in.Live.Domain(name) != nil:
				add(name, leftFiles)
			default:
				add(name, leftAccount)
			}
		}
	}
	for _, name := range b.in.LeftFiles() {
		add(name, leftFiles)
	}
	for i := range b.in.Live.Left {
		add(b.in.Live.Left[i].Domain, leftAccount)
	}
	for name := range b.plan.Departed() {
		add(name, leftAccount)
	}
	for _, x := range gone {
		b.report.Left = append(b.report.Left, x)
	}
	slices.SortFunc(b.report.Left, func(x, y Gone) int { return strings.Compare(x.Name, y.Name) })
}
