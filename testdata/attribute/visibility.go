package attr

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

var visibility = &Attribute{
	Name:   "visibility",
	Facts:  snapshot.Privacy,
	Safety: func(Input) snapshot.Facts { return snapshot.UpdateLock },
	Hazard: Identity,
	Locked: true,
	Shared: true,

	Decode:    decodeVisibility,
	Observe:   observeVisibility,
	Cty:       func(v Value) cty.Value { return cty.StringVal(string(v.(Visibility))) },
	unmarshal: unmarshalAs[Visibility],
	diff:      visibilityChanges,

	Doc: Doc{
		Type:    "string",
		Summary: "Who finds out who holds the name: everybody, or nobody.",
		Example: `"nobody"`,
		Reads:   "QueryDomainByDomainName",
		Calls:   "SaveBatchTaskForDomainNameProxyService",
	},
}

// Visibility says who finds out who holds a name.
type Visibility string

// Equal reports whether both are the same.
func (v Visibility) Equal(other Value) bool { return v == other }

// String says who finds it out.
func (v Visibility) String() string { return "found out by " + string(v) }

// On reports whether the holder is to be found out.
func (v Visibility) On() bool { return v == "everybody" }

// MapPersonal has a text in place of who finds it out.
func (v Visibility) MapPersonal(with personal.Map) Value {
	return Visibility(with("visibility", string(v)))
}

func observeVisibility(d *snapshot.Domain) Value {
	if *d.Privacy {
		return Visibility("nobody")
	}
	return Visibility("everybody")
}

func decodeVisibility(v cty.Value) (Value, []Problem) {
	if v.Type() != cty.String || v.AsString() != "everybody" && v.AsString() != "nobody" {
		return nil, []Problem{wrongType(v, `"everybody" or "nobody"`)}
	}
	return Visibility(v.AsString()), nil
}

func visibilityChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForDomainNameProxyServiceRequest{DomainName: []string{in.Name}, Status: in.Desired == Visibility("nobody")}
	})
}
