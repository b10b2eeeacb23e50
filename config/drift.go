package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
)

// OnDrift says what a run does with what somebody else has changed.
type OnDrift string

// What a run does with a drift.
const (
	RevertDrift OnDrift = "revert" // it is changed back, as any change is made; the default
	ReportDrift OnDrift = "report" // it is shown and stays, until the files say so or another thing
)

// Drift says by the hazard of changing it back what a run does with a drift. What is
// not said of is changed back.
type Drift map[attr.Hazard]OnDrift

// Reports reports whether a drift is shown and stays.
func (d Drift) Reports(h attr.Hazard) bool { return d[h] == ReportDrift }

// driftHazards are those of what the account has: what the files permit does not drift.
func driftHazards() []attr.Hazard {
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return h == attr.PolicyHazard })
}

// hazardNames are the arguments of a drift block.
func hazardNames() (names []string) {
	for _, h := range driftHazards() {
		names = append(names, string(h))
	}
	return names
}

func (l *loader) evaluateDrift(block *hcl.Block) {
	args := l.arguments(block)
	l.portfolio.Drift = make(Drift, len(args))
	for _, h := range driftHazards() {
		a := args[string(h)]
		if a == nil {
			continue
		}
		s, ok := l.textArgument(a)
		if !ok {
			continue
		}
		if known := []string{string(RevertDrift), string(ReportDrift)}; !slices.Contains(known, s) {
			l.errorAt(a.Expr.Range().Ptr(), "Unknown value", "%q is none of \"revert\" (the default) and \"report\".%s", s, didYouMean(s, known))
		}
		l.portfolio.Drift[h] = OnDrift(s)
	}
}
