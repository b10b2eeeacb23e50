package attr

import (
	"encoding/json"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var alidns = &Attribute{
	Name:        "alidns",
	LogWords:    []string{"DNS", "NAMESERVER", "NAMESERVERS"},
	NotLogWords: []string{"HOST", "HOSTS", "DS"},
	Group:       GroupDelegation,
	Unsets:      true,
	Facts:       snapshot.Nameservers,
	Safety:      delegationSafety,
	Hazard:      Delegation,
	Locked:      true,

	Decode:    decodeAlidns,
	Observe:   observeProvider,
	Carry:     func(_ Value, order *wire.Registration) bool { order.AliyunDNS = new(true); return true },
	Cty:       func(v Value) cty.Value { return v.(Provider).cty() },
	unmarshal: unmarshalAs[Provider],
	diff:      alidnsChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForModifyingDomainDnsRequest{}},
	Doc: Doc{
		Type:    "bool",
		Summary: "Delegates the name to Alibaba Cloud DNS, whose nameservers the service picks.",
		Example: "true",
		Reads:   "QueryDomainByDomainName; QueryDomainList where its answers carry nameservers",
		Calls:   "SaveBatchTaskForModifyingDomainDns",
		Notes:   "Only true can be declared. A name is on Alibaba Cloud DNS when all its nameservers are below hichina.com or alidns.com.",
	},
}

// Provider says who answers for a name: Alibaba Cloud DNS, or the nameservers of
// somebody else. Its JSON form is true, or the list of the nameservers.
type Provider struct {
	Own         bool
	Nameservers NameserverSet
}

func observeProvider(d *snapshot.Domain) Value {
	if allAlidns(d.Nameservers) {
		return Provider{Own: true}
	}
	return Provider{Nameservers: d.Nameservers}
}

// Equal reports whether both are the same: all of Alibaba Cloud's nameservers
// are.
func (p Provider) Equal(other Value) bool {
	o := other.(Provider)
	return p.Own == o.Own && p.Nameservers.Equal(o.Nameservers)
}

// String names the provider, or lists the nameservers.
func (p Provider) String() string {
	if p.Own {
		return "Alibaba Cloud DNS"
	}
	return p.Nameservers.String()
}

// DeclaredAs returns what says it in files: another provider is its nameservers.
func (p Provider) DeclaredAs() (attribute string, v Value) {
	if p.Own {
		return "alidns", p
	}
	return "nameservers", p.Nameservers
}

// cty writes another provider as null: its nameservers say more.
func (p Provider) cty() cty.Value {
	if p.Own {
		return cty.True
	}
	return cty.NullVal(cty.Bool)
}

// MarshalJSON writes true, or the nameservers.
func (p Provider) MarshalJSON() ([]byte, error) {
	if p.Own {
		return []byte("true"), nil
	}
	return json.Marshal(append(NameserverSet{}, p.Nameservers...))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Provider) UnmarshalJSON(data []byte) error {
	*p = Provider{Own: string(data) == "true"}
	if p.Own {
		return nil
	}
	return json.Unmarshal(data, &p.Nameservers)
}

func alidnsChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{in.Name}, AliyunDNS: true}
	})
}

func decodeAlidns(v cty.Value) (Value, []Problem) {
	b, problems := decodeBool(v)
	switch b {
	case Bool(true):
		return Provider{Own: true}, problems
	case Bool(false):
		return nil, []Problem{{
			Summary: "alidns cannot be false",
			Detail:  "It would not say where the name is delegated to. Declare nameservers instead, or leave both out to leave the delegation as it is.",
		}}
	}
	return b, problems
}

// allAlidns reports whether all nameservers are Alibaba Cloud's own.
func allAlidns(names []string) bool {
	for _, n := range names {
		if !strings.HasSuffix(n, ".hichina.com") && !strings.HasSuffix(n, ".alidns.com") {
			return false
		}
	}
	return len(names) > 0
}
