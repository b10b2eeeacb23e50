package attr

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

// GlueHosts is the name of the attribute that manages host objects.
const GlueHosts = "hosts"

// maxAddresses is the most addresses that the service takes for one host.
const maxAddresses = 13

// apexLabel stands for the name itself where it is a host.
const apexLabel = "@"

var hosts = &Attribute{
	Name:     GlueHosts,
	LogWords: []string{"HOST", "HOSTS"},
	Facts:    snapshot.Hosts,
	Safety:   func(Input) snapshot.Facts { return snapshot.UpdateLock },
	Hazard:   Delegation,
	Locked:   true,
	Zoned:    true,

	Decode:    decodeGlue,
	Check:     checkLabels,
	Observe:   observeGlue,
	Element:   func(v Value, label string) Value { return v.(HostObjects).element(label) },
	Former:    formerHosts,
	Restore:   func(_ Value, changes []Replaced) Value { return formerHosts(changes) },
	Hosts:     changedHosts,
	Cty:       func(v Value) cty.Value { return v.(HostObjects).cty() },
	unmarshal: unmarshalAs[HostObjects],
	diff:      glueChanges,

	Requests: []wire.Request{&wire.SaveSingleTaskForCreatingDnsHostRequest{}, &wire.SaveSingleTaskForModifyingDnsHostRequest{}, &wire.SaveSingleTaskForDeletingDnsHostRequest{}},
	Doc: Doc{
		Type:    "map(list(string))",
		Summary: "Host objects (glue) below the name: the addresses of each label that is named; other labels are left alone.",
		Example: `{ ns1 = ["192.0.2.1", "2001:db8::1"], ns2 = ["192.0.2.2"] }`,
		Reads:   "QueryDnsHost",
		Calls:   "SaveSingleTaskForCreatingDnsHost, SaveSingleTaskForModifyingDnsHost, SaveSingleTaskForDeletingDnsHost",
		Notes:   "An empty list deletes the host, which is blocked while a name of the account delegates to it, or is to. A host is made before a delegation to it, anywhere in the account; while it cannot be, or the plan leaves it out, the delegation waits. A plan warns of a delegation to a host of the account that neither lives nor is declared. Each change counts all names that delegate to the host in guard.max_delegations. 1 to 13 addresses that others can reach; @ is the name itself.",
	},
}

// HostObjects is the host objects of a name: their addresses, canonical and
// sorted, by label. A label without addresses is a host that must not exist.
type HostObjects map[string][]string

// Equal reports whether both name the same hosts with the same addresses.
func (g HostObjects) Equal(other Value) bool {
	return maps.EqualFunc(g, other.(HostObjects), func(a, b []string) bool { return slices.Equal(a, b) })
}

// String lists the hosts with their addresses.
func (g HostObjects) String() string {
	texts := make([]string, 0, len(g))
	for _, label := range slices.Sorted(maps.Keys(g)) {
		addresses := "none"
		if len(g[label]) > 0 {
			addresses = strings.Join(g[label], " ")
		}
		texts = append(texts, label+" "+addresses)
	}
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ", ")
}

// Addresses returns those of a host below a domain, by its whole name; none where
// it is not among the hosts, or is to go.
func (g HostObjects) Addresses(host, domain string) []string { return g[hostLabel(host, domain)] }

// cty writes no hosts as null: that manages none.
func (g HostObjects) cty() cty.Value {
	if len(g) == 0 {
		return cty.NullVal(cty.EmptyObject)
	}
	vals := make(map[string]cty.Value, len(g))
	for label, addresses := range g {
		list := make([]cty.Value, len(addresses))
		for i, a := range addresses {
			list[i] = cty.StringVal(a)
		}
		vals[label] = cty.TupleVal(list)
	}
	return cty.ObjectVal(vals)
}

// element returns the host of a label, nil where there is none.
func (g HostObjects) element(label string) Value {
	addresses, ok := g[label]
	if !ok {
		return nil
	}
	return HostObjects{label: addresses}
}

func observeGlue(d *snapshot.Domain) Value {
	g := make(HostObjects, len(d.Hosts))
	for _, h := range d.Hosts {
		g[hostLabel(h.Name, d.Name)] = h.Addresses
	}
	return g
}

func hostLabel(host, domain string) string {
	if host == domain {
		return apexLabel
	}
	return strings.TrimSuffix(host, "."+domain)
}

// formerHosts returns the hosts as they were before changes; one that was made goes.
func formerHosts(changes []Replaced) Value {
	g := make(HostObjects, len(changes))
	for _, c := range changes {
		g[c.Element] = []string{}
		if before, ok := c.Before.(HostObjects); ok {
			g[c.Element] = before[c.Element]
		}
	}
	return g
}

// changedHosts returns the whole names of the hosts that a change is about: of one
// that makes hosts all that are declared, where the live ones are not known.
func changedHosts(c *Change) (names []string) {
	if c.Action == Delete {
		return []string{hostBelow(c.Element, c.Domain)}
	}
	after, _ := c.After.(HostObjects)
	for label, addresses := range after {
		if len(addresses) > 0 {
			names = append(names, hostBelow(label, c.Domain))
		}
	}
	return names
}

func hostBelow(label, domain string) string {
	if label == apexLabel {
		return domain
	}
	return label + "." + domain
}

func glueChanges(a *Attribute, in Input) []Change {
	var changes []Change
	live, want := a.Observe(in.Live).(HostObjects), in.Desired.(HostObjects)
	for _, label := range slices.Sorted(maps.Keys(want)) {
		addresses, exists := live[label]
		switch {
		case slices.Equal(addresses, want[label]):
		case len(want[label]) == 0:
			changes = append(changes, glueChange(a, in, label, Delete, live.element(label), nil,
				&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: in.Live.InstanceID, DNSName: label}))
		case !exists:
			changes = append(changes, glueChange(a, in, label, Create, nil, want.element(label),
				&wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: in.Live.InstanceID, DNSName: label, IP: want[label]}))
		default:
			changes = append(changes, glueChange(a, in, label, Update, live.element(label), want.element(label),
				&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: in.Live.InstanceID, DNSName: label, IP: want[label]}))
		}
	}
	return changes
}

func glueChange(a *Attribute, in Input, label string, action Action, before, after Value, request wire.Request) Change {
	id := ElementID(in.Name, a.Name, label)
	c := Change{
		ID: id, Domain: in.Name, Attribute: a.Name, Element: label, Action: action,
		Before: before, After: after, Hazard: a.Hazard, Status: Ready,
	}
	if in.Live.InstanceID == "" {
		c.Block(Unknown, "the live state does not say: the name's instance")
		return c
	}
	c.Steps = []Step{{ID: StepID(id, string(action)), Request: request}}
	return c
}

func decodeGlue(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, "a map of host labels to their addresses")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	g := make(HostObjects, len(o.members))
	var problems []Problem
	for _, key := range slices.Sorted(maps.Keys(o.members)) {
		label, err := canonicalLabel(key)
		if err != nil {
			problems = append(problems, Problem{Summary: "Not a host label", Detail: words.Sentence(err), Path: cty.GetAttrPath(key)})
			continue
		}
		addresses, wrong := decodeAddresses(o.members[key])
		for _, p := range wrong {
			p.Path = append(cty.GetAttrPath(key), p.Path...)
			problems = append(problems, p)
		}
		if _, twice := g[label]; twice {
			problems = append(problems, Problem{Summary: "Duplicate host", Detail: fmt.Sprintf("%q stands twice, in two spellings.", label), Path: cty.GetAttrPath(key)})
		}
		g[label] = addresses
	}
	if problems != nil {
		return nil, problems
	}
	return g, nil
}

// checkLabels refuses whole host names, which the service would take for labels
// below the name.
func checkLabels(name string, v Value) []Problem {
	var problems []Problem
	for _, label := range slices.Sorted(maps.Keys(v.(HostObjects))) {
		if short, whole := strings.CutSuffix("."+label, "."+name); whole {
			problems = append(problems, Problem{
				Summary: "Not a host label",
				Detail:  fmt.Sprintf("%q is the whole name of the host: write its label, %q.", label, cmp.Or(strings.TrimPrefix(short, "."), apexLabel)),
			})
		}
	}
	return problems
}

func canonicalLabel(s string) (string, error) {
	if s == apexLabel {
		return s, nil
	}
	return wire.CanonicalName(s)
}

func decodeAddresses(v cty.Value) ([]string, []Problem) {
	if ty := v.Type(); v.IsNull() || !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return nil, []Problem{{Summary: "Wrong type", Detail: "The addresses of a host are a list; an empty one deletes the host."}}
	}
	addresses := []string{}
	var problems []Problem
	for i, e := range elements(v) {
		if e.IsNull() || e.Type() != cty.String {
			problems = append(problems, Problem{Summary: "Wrong type", Detail: "An address is a string.", Path: cty.IndexIntPath(i)})
			continue
		}
		ip, problem := decodeAddress(e.AsString())
		if problem != nil {
			problem.Path = cty.IndexIntPath(i)
			problems = append(problems, *problem)
			continue
		}
		addresses = append(addresses, ip.String())
	}
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	if len(addresses) > maxAddresses {
		problems = append(problems, Problem{Summary: "Too many addresses", Detail: fmt.Sprintf("There are %d; the service takes at most %d for a host.", len(addresses), maxAddresses)})
	}
	return addresses, problems
}

// decodeAddress reads an address that others can reach.
func decodeAddress(text string) (netip.Addr, *Problem) {
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return ip, &Problem{Summary: "Not an address", Detail: fmt.Sprintf("%q is no IPv4 or IPv6 address of a host.", text)}
	}
	if what := specialRangeOf(ip); what != "" {
		return ip, &Problem{
			Summary: "Unreachable address",
			Detail:  fmt.Sprintf("%q is %s, which others cannot reach. Write the address at which the Internet finds the host.", text, what),
		}
	}
	return ip.Unmap(), nil
}
