package attr

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

// maxNameservers is the most that the service takes for one name.
const maxNameservers = 13

var nameservers = &Attribute{
	Name:        "nameservers",
	LogWords:    []string{"DNS", "NAMESERVER", "NAMESERVERS"},
	NotLogWords: []string{"HOST", "HOSTS", "DS"},
	Group:       GroupDelegation,
	Unsets:      true,
	Facts:       snapshot.Nameservers,
	Safety:      delegationSafety,
	Hazard:      Delegation,
	Locked:      true,
	Zoned:       true,

	Decode:    decodeNameservers,
	Observe:   func(d *snapshot.Domain) Value { return NameserverSet(d.Nameservers) },
	Carry:     carryNameservers,
	Cty:       func(v Value) cty.Value { return v.(NameserverSet).cty() },
	unmarshal: unmarshalAs[NameserverSet],
	diff:      nameserverChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForModifyingDomainDnsRequest{}},
	Doc: Doc{
		Type:    "list(string)",
		Summary: "The nameservers that the name is delegated to, a set of 1 to 13 host names.",
		Example: `["ns1.example.net", "ns2.example.net"]`,
		Reads:   "QueryDomainByDomainName; QueryDomainList where its answers carry nameservers",
		Calls:   "SaveBatchTaskForModifyingDomainDns",
		Notes:   "The order of a new name carries two nameservers, where neither is below the name itself nor a host that is missing. While a name has DS records that the files do not declare, its nameservers change only with keep_ds = true: the new ones must serve the same keys. Where DS records change as well, there is ds_hold between the one and the other.",
	},
}

func nameserverChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForModifyingDomainDnsRequest{
			DomainName:       []string{in.Name},
			DomainNameServer: in.Desired.(NameserverSet),
		}
	})
}

// carryNameservers puts nameservers into an order, which takes two of them: no
// more, and the reference requires both.
func carryNameservers(v Value, order *wire.Registration) bool {
	h := v.(NameserverSet)
	if len(h) != 2 {
		return false
	}
	order.AliyunDNS, order.DNS1, order.DNS2 = new(false), h[0], h[1]
	return true
}

// delegationSafety asks for the update lock, which blocks the change, and for
// the DS records, which it may break.
func delegationSafety(in Input) snapshot.Facts {
	if in.Settings.KeepDS {
		return snapshot.UpdateLock
	}
	return snapshot.UpdateLock | snapshot.DSRecords
}

// NameserverSet is a set of host names, canonical and sorted.
type NameserverSet []string

// NewNameserverSet returns the set of the names, which are canonical.
func NewNameserverSet(names []string) NameserverSet {
	h := slices.Clone(names)
	slices.Sort(h)
	return slices.Compact(h)
}

// Equal reports whether both sets hold the same names.
func (h NameserverSet) Equal(other Value) bool { return slices.Equal(h, other.(NameserverSet)) }

// String lists the names as people read them.
func (h NameserverSet) String() string {
	names := make([]string, len(h))
	for i, n := range h {
		names[i] = wire.UnicodeName(n)
	}
	return strings.Join(names, ", ")
}

// Title names those who operate the nameservers: see [TitleOf].
func (h NameserverSet) Title() string { return TitleOf(h) }

// Nameservers returns the names.
func (h NameserverSet) Nameservers() []string { return h }

// Overlap returns which nameservers leave, which enter and which stay.
func (h NameserverSet) Overlap(after Value) (gone, come, kept Value) {
	next, _ := after.(NameserverSet)
	return h.filter(func(n string) bool { return !slices.Contains(next, n) }),
		next.filter(func(n string) bool { return !slices.Contains(h, n) }),
		h.filter(func(n string) bool { return slices.Contains(next, n) })
}

// filter returns the nameservers that are wanted, nil for none.
func (h NameserverSet) filter(wanted func(name string) bool) Value {
	var some NameserverSet
	for _, n := range h {
		if wanted(n) {
			some = append(some, n)
		}
	}
	if some == nil {
		return nil
	}
	return some
}

func (h NameserverSet) cty() cty.Value {
	if len(h) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	vals := make([]cty.Value, len(h))
	for i, n := range h {
		vals[i] = cty.StringVal(n)
	}
	return cty.ListVal(vals)
}

func decodeNameservers(v cty.Value) (Value, []Problem) {
	names, problems := decodeHostNames(v)
	if problems != nil {
		return nil, problems
	}
	h := NewNameserverSet(names)
	var warnings []Problem
	for i, name := range names {
		if strings.Contains(name, "_") {
			warnings = append(warnings, Problem{
				Warning: true, Summary: "Underscore in a nameserver", Path: cty.IndexIntPath(i),
				Detail: fmt.Sprintf("%q: the name of a host has letters, digits and hyphens (RFC 1123). Many registries refuse others.", name),
			})
		}
	}
	switch {
	case len(h) == 0:
		return nil, []Problem{{
			Summary: "No nameservers",
			Detail:  "A name cannot be left without nameservers. Leave the attribute out to leave the delegation as it is.",
		}}
	case len(h) > maxNameservers:
		return nil, []Problem{{
			Summary: "Too many nameservers",
			Detail:  fmt.Sprintf("There are %d; the service takes at most %d.", len(h), maxNameservers),
		}}
	case len(h) == 1:
		warnings = append(warnings, Problem{
			Warning: true,
			Summary: "Only one nameserver",
			Detail:  "When it cannot be reached, the name does not resolve. Most registries ask for two (RFC 2182).",
		})
	}
	return h, warnings
}

// decodeHostNames reads a list, tuple or set of host names.
func decodeHostNames(v cty.Value) ([]string, []Problem) {
	ty := v.Type()
	if !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return nil, []Problem{wrongType(v, "a list of host names")}
	}
	var names []string
	var problems []Problem
	for i, e := range elements(v) {
		path := cty.IndexIntPath(i)
		if e.IsNull() || e.Type() != cty.String {
			p := Problem{Summary: "Wrong type", Detail: "A host name is a string, not null."}
			if !e.IsNull() {
				p = wrongType(e, "a host name")
			}
			p.Path = path
			problems = append(problems, p)
			continue
		}
		name, err := hostName(e.AsString())
		if err != nil {
			problems = append(problems, Problem{Summary: "Not a host name", Detail: words.Sentence(err), Path: path})
			continue
		}
		names = append(names, name)
	}
	return names, problems
}

// elements ranges over the elements of a list, tuple or set.
func elements(v cty.Value) func(yield func(int, cty.Value) bool) {
	return func(yield func(int, cty.Value) bool) {
		i := 0
		for it := v.ElementIterator(); it.Next(); i++ {
			_, e := it.Element()
			if !yield(i, e) {
				return
			}
		}
	}
}

func hostName(s string) (string, error) {
	if _, err := netip.ParseAddr(s); err == nil {
		return "", fmt.Errorf("%q is an address: write the name of the host", s)
	}
	name, err := wire.CanonicalName(s)
	if err != nil {
		return "", err
	}
	if !strings.Contains(name, ".") {
		return "", fmt.Errorf("%q is a single label: write the whole host name", s)
	}
	return name, nil
}
