package attr

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var autoRenew = &Attribute{
	Name:     "auto_renew",
	LogWords: []string{"AUTO RENEW", "AUTO RENEWAL", "AUTOMATIC RENEWAL"},
	Against:  []string{"renewal", "lapse"},
	Facts:    snapshot.AutoRenew,
	Hazard:   Money,
	Shared:   true,

	Decode:    decodeAutoRenew,
	Observe:   func(d *snapshot.Domain) Value { return AutoRenew(*d.AutoRenew) },
	Cty:       ctyAutoRenew,
	unmarshal: unmarshalAs[AutoRenew],
	diff:      autoRenewChanges,

	Requests: []wire.Request{&wire.SetupDomainAutoRenewRequest{}},
	Doc: Doc{
		Type:    "bool",
		Summary: "Whether the service renews the name by itself.",
		Example: "true",
		Reads:   "QueryDomainList",
		Calls:   "SetupDomainAutoRenew",
		Notes:   "The service buys by itself then: neither the budget block nor max_price bounds it. true cannot stand beside renewal or lapse; false can stand beside either. The operation is newer than the service's API reference, and its word for off is not documented: after the change the list is read, and what it shows counts. Where the list does not tell it, the change is unknown.",
	},
}

// AutoRenew says whether the service renews a name by itself.
type AutoRenew bool

// Equal reports whether both are the same.
func (r AutoRenew) Equal(other Value) bool { return r == other.(AutoRenew) }

// On reports whether it is on.
func (r AutoRenew) On() bool { return bool(r) }

// String returns "on" or "off".
func (r AutoRenew) String() string { return Bool(r).String() }

// Yields reports whether the value stands against none that its attribute is
// against: where the service buys nothing, everything else may be said of the term.
func (r AutoRenew) Yields() bool { return !bool(r) }

func decodeAutoRenew(v cty.Value) (Value, []Problem) {
	on, problems := decodeBool(v)
	if problems != nil {
		return nil, problems
	}
	return AutoRenew(on.(Bool)), nil
}

// ctyAutoRenew writes what is on. Off is what every name has that says nothing.
func ctyAutoRenew(v Value) cty.Value {
	if !IsOn(v) {
		return cty.NullVal(cty.Bool)
	}
	return cty.True
}

// autoRenewChanges switches it by the instance of the name. To switch it off has the
// hazard as well: nobody renews the name then.
func autoRenewChanges(a *Attribute, in Input) []Change {
	operation := wire.AutoRenewOff
	if in.Desired.(AutoRenew) {
		operation = wire.AutoRenewOn
	}
	changes := update(a, in, func() wire.Request {
		return &wire.SetupDomainAutoRenewRequest{InstanceID: in.Live.InstanceID, Operation: operation}
	})
	for i := range changes {
		if c := &changes[i]; in.Live.InstanceID == "" {
			c.Block(Unknown, "the live state does not say: the name's instance")
			c.Steps = nil
		}
	}
	return changes
}
