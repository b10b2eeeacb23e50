package simulator

import (
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// The names that Faults.LimitProfile takes.
const (
	PublishedLimits = ""       // those that the service publishes: CheckDomain's
	StrictLimits    = "strict" // one for each operation
	NoLimits        = "none"
)

// limitProfiles are calls per second by operation.
var limitProfiles = map[string]map[string]int{
	PublishedLimits: {"CheckDomain": 10},
	StrictLimits:    strictLimits(),
	NoLimits:        {},
}

// LimitProfiles returns the names that Faults.LimitProfile takes besides "".
func LimitProfiles() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(limitProfiles)), func(name string) bool { return name == PublishedLimits })
}

// strictLimits gives each operation a limit of its own: the published one, and
// what the service may well allow where it publishes none.
func strictLimits() map[string]int {
	limits := make(map[string]int)
	for _, o := range wire.Operations() {
		switch {
		case o.Name == "CheckDomain", o.Access == wire.Read:
			limits[o.Name] = 10
		case o.Spends:
			limits[o.Name] = 2
		default:
			limits[o.Name] = 5
		}
	}
	limits["QueryDomainByDomainName"] = 50 // what portfolios are read with
	return limits
}

// maxPerSecond is how many calls of an operation a second may have, 0 where any
// number: the limit that was set for it, else that of the profile, else the one
// for all others.
func (f *faultState) maxPerSecond(operation string) int {
	if n, ok := f.Limits[operation]; ok {
		return n
	}
	if n, ok := limitProfiles[f.LimitProfile][operation]; ok {
		return n
	}
	return f.Limits["*"]
}
