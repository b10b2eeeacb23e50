package attr

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var alidns = &Attribute{
	Name:   "alidns",
	Group:  GroupDelegation,
	Facts:  snapshot.Nameservers,
	Safety: delegationSafety,
	Hazard: Delegation,
	Locked: true,

	Decode:    decodeAlidns,
	Observe:   func(d *snapshot.Domain) Value { return Bool(onAlidns(d.Nameservers)) },
	Cty:       ctyBool,
	unmarshal: unmarshalAs[Bool],
	diff:      alidnsChanges,

	Doc: Doc{
		Type:    "bool",
		Summary: "Delegates the name to Alibaba Cloud DNS, whose nameservers the service picks.",
		Example: "true",
		Reads:   "QueryDomainByDomainName; QueryDomainList where its answers carry nameservers",
		Calls:   "SaveBatchTaskForModifyingDomainDns",
		Notes:   "Only true can be declared. A name is on Alibaba Cloud DNS when all its nameservers are below hichina.com or alidns.com.",
	},
}

func alidnsChanges(a *Attribute, in Input) []Change {
	changes := update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{in.Name}, AliyunDNS: true}
	})
	return keepSigned(in, changes)
}

func decodeAlidns(v cty.Value) (Value, []Problem) {
	b, problems := decodeBool(v)
	if b == Bool(false) {
		return nil, []Problem{{
			Summary: "alidns cannot be false",
			Detail:  "It would not say where the name is delegated to. Declare nameservers instead, or leave both out to leave the delegation as it is.",
		}}
	}
	return b, problems
}

// onAlidns reports whether all nameservers are Alibaba Cloud's own.
func onAlidns(names []string) bool {
	for _, n := range names {
		if !strings.HasSuffix(n, ".hichina.com") && !strings.HasSuffix(n, ".alidns.com") {
			return false
		}
	}
	return len(names) > 0
}
