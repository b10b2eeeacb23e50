package attr

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// HazardsOf returns what a call of an operation can cost, beyond [None], whatever its
// parameters are: the hazards of the attributes whose changes it makes, money where it
// orders, and identity where it can change who holds a name.
func HazardsOf(o *wire.Operation) []Hazard {
	if o.Access == wire.Read && !o.Asks() {
		return nil
	}
	can := make(map[Hazard]bool)
	for _, a := range Planned() {
		if slices.ContainsFunc(a.Requests, func(r wire.Request) bool { return wire.OperationOf(r) == o }) {
			can[a.Hazard] = true
			can[a.HazardOn] = true
		}
	}
	can[Money] = can[Money] || o.Spends
	can[Identity] = can[Identity] || o.Transfers
	return slices.DeleteFunc(Hazards(), func(h Hazard) bool { return h == None || !can[h] })
}
