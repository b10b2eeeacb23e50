package planner

import (
	"cmp"
	"fmt"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Refusals returns, by their ID, which of some changes must not be made as the files and
// the operator's policy are, and why: what the policy forbids, and what guards refuse that
// count the names of all these changes. Names that delegate to a changed host, and those
// that left the files, are not counted: only a plan knows them.
func Refusals(p *config.Portfolio, changes []*attr.Change) map[string]string {
	refused := make(map[string]string)
	for _, c := range changes {
		if why := WhyForbidden(p, c); why != "" {
			refused[c.ID] = why
		}
	}
	stopped := ""
	for _, g := range []struct {
		name  string
		limit *int
	}{{GuardPercent, percentOf(p)}, {GuardDelegations, p.Guard.MaxDelegations}, {GuardRegistrants, p.Guard.MaxRegistrantChanges}} {
		names, counted := countedBy(g.name, p, changes)
		if g.limit == nil || len(names) <= *g.limit {
			continue
		}
		why := fmt.Sprintf("guard %s lets %s change, and the run changes %s", g.name, words.Count(*g.limit, "name"), words.Number(len(names)))
		for _, c := range counted {
			refused[c.ID] = cmp.Or(refused[c.ID], why)
		}
		stopped = cmp.Or(stopped, why)
	}
	if stopped != "" && p.Guard.StopAll {
		for _, c := range changes {
			refused[c.ID] = cmp.Or(refused[c.ID], stopped)
		}
	}
	return refused
}

// countedBy returns which of some changes a guard counts, and their names.
func countedBy(guard string, p *config.Portfolio, changes []*attr.Change) (names map[string]bool, counted []*attr.Change) {
	names = make(map[string]bool)
	for _, c := range changes {
		if !c.Temporary() && WhyForbidden(p, c) == "" && refusals[guard](c) {
			names[c.Domain], counted = true, append(counted, c)
		}
	}
	return names, counted
}

// percentOf returns how many names max_change_percent lets change; nil: any number.
func percentOf(p *config.Portfolio) *int {
	managed := len(p.Domains)
	if p.Guard.MaxChangePercent == nil || managed < percentFloor {
		return nil
	}
	return new(managed * *p.Guard.MaxChangePercent / 100)
}
