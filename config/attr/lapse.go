package attr

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

var lapse = &Attribute{
	Name:  "lapse",
	Group: GroupTerm,
	// A name that is to end is not bought either, whatever its template says.
	Against: []string{RegistrationName, RedemptionName},
	Facts:   snapshot.Listed,
	Inert:   true,
	Ends:    true,
	Hazard:  None,

	Decode:    decodeLapse,
	Observe:   func(*snapshot.Domain) Value { return nil },
	Cty:       func(v Value) cty.Value { return cty.StringVal(string(v.(Lapse))) },
	unmarshal: unmarshalAs[Lapse],
	diff:      func(*Attribute, Input) []Change { return nil },

	Doc: Doc{
		Type:    "string",
		Summary: "Lets the name expire, and says why: it is not renewed, and no plan warns of its end.",
		Example: `"the campaign is over"`,
		Reads:   "QueryDomainList",
		Notes:   "It displaces a template's renewal, registration and redemption. It changes nothing of the account: where the service renews names by itself, that is its own to switch off.",
	},
}

// Lapse is why a name is not renewed.
type Lapse string

// Equal reports whether both are the same reason.
func (l Lapse) Equal(other Value) bool { return l == other }

// String returns the reason.
func (l Lapse) String() string { return string(l) }

func decodeLapse(v cty.Value) (Value, []Problem) {
	if v.Type() != cty.String {
		return nil, []Problem{wrongType(v, "the reason why the name is not renewed")}
	}
	reason := strings.TrimSpace(v.AsString())
	if reason == "" {
		return nil, []Problem{{Summary: "No reason", Detail: "Say why the name is not renewed, or leave lapse out."}}
	}
	return Lapse(reason), nil
}
