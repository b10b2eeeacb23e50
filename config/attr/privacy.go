package attr

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var privacy = &Attribute{
	Name:     "privacy",
	LogWords: []string{"PRIVACY"},
	Facts:    snapshot.Privacy,
	Safety:   func(Input) snapshot.Facts { return snapshot.UpdateLock },
	Hazard:   Identity,
	HazardOn: None,
	Locked:   true,
	Shared:   true,
	OnWord:   "private",

	Decode:    decodeBool,
	Observe:   func(d *snapshot.Domain) Value { return Bool(*d.Privacy) },
	Carry:     carryPrivacy,
	Cty:       ctyBool,
	unmarshal: unmarshalAs[Bool],
	diff:      privacyChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForDomainNameProxyServiceRequest{}},
	Doc: Doc{
		Type:    "bool",
		Summary: "Whether WHOIS hides who holds the name.",
		Example: "true",
		Reads:   "QueryDomainByDomainName",
		Calls:   "SaveBatchTaskForDomainNameProxyService",
		Notes:   "The order of a new name carries it. The operation is newer than the service's API reference, and registries differ in what they allow: where the service refuses, the change fails with its message. What was public once stays known: switching it off has the hazard identity, switching it on none.",
	},
}

func carryPrivacy(v Value, order *wire.Registration) bool {
	order.EnableDomainProxy = new(bool(v.(Bool)))
	return true
}

func privacyChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForDomainNameProxyServiceRequest{DomainName: []string{in.Name}, Status: bool(in.Desired.(Bool))}
	})
}
