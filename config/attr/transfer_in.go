package attr

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
)

var transferIn = &Attribute{
	Name:      "transfer_in",
	Facts:     snapshot.Arriving,
	Hazard:    Money,
	PriceOf:   func(p *Prices) *Amount { return p.Transfer },
	Observe:   func(d *snapshot.Domain) Value { return arrivalOf(d.Arrival) },
	unmarshal: unmarshalAs[Arrival],
	diff:      func(*Attribute, Input) []Change { return nil }, // see Transfer.Change
}

// Arrival is where a name stands that is to be transferred into the account.
type Arrival struct {
	// State is where it stands.
	State ArrivalState `json:"state"`
	// Last is the instance of its last transfer, which has ended without the name.
	Last string `json:"last,omitempty"`
}

// ArrivalState is one of four.
type ArrivalState string

// Where a name can stand.
const (
	Elsewhere ArrivalState = "elsewhere"
	UnderWay  ArrivalState = "under way"
	Arrived   ArrivalState = "in the account"
	// Ordered is what an order leads to: the name is under way, or has arrived.
	Ordered ArrivalState = "ordered"
)

func arrivalOf(a *snapshot.Arrival) Arrival {
	switch {
	case a.Held:
		return Arrival{State: Arrived}
	case a.UnderWay:
		return Arrival{State: UnderWay}
	}
	return Arrival{State: Elsewhere, Last: a.Last}
}

// Equal reports whether both are the same state. A name whose transfer has ended
// without it is not where it was before that transfer was ordered.
func (a Arrival) Equal(other Value) bool {
	o, ok := other.(Arrival)
	if ok && (a.State == Ordered || o.State == Ordered) {
		return a.State != Elsewhere && o.State != Elsewhere
	}
	return ok && a == o
}

// String returns the state.
func (a Arrival) String() string { return string(a.State) }
