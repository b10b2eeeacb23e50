package report

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// A weakness is one kind of single point of failure, and how a set answers to it.
type weakness struct {
	Risk
	of func(*NameserverSet) Answer
}

var weaknesses = []weakness{
	{
		Risk{ID: "one_nameserver", Title: "One nameserver", About: "When it cannot be reached, the names do not resolve (RFC 2182)."},
		func(s *NameserverSet) Answer { return isOne(s.Nameservers) },
	},
	{
		Risk{ID: "one_operator", Title: "One operator", About: "When its service fails, or the domain of its nameservers, the names do not resolve."},
		func(s *NameserverSet) Answer { return isOne(s.Operators) },
	},
	{
		Risk{ID: "one_suffix", Title: "One suffix", About: "All nameservers are below one top-level domain: when its registry fails, the names do not resolve."},
		func(s *NameserverSet) Answer { return isOne(s.Suffixes) },
	},
	{
		Risk{ID: "one_network", Title: "One network", About: "All addresses of a kind are in one network: when it cannot be reached, the names do not resolve."},
		(*NameserverSet).isOneNetwork,
	},
}

// isOne says whether there is one thing that all depends on.
func isOne(all []string) Answer {
	if len(all) == 1 {
		return Yes
	}
	return No
}

// isOneNetwork says whether all addresses of IPv4 are in one network, and those of IPv6
// in one. What is not known of a nameserver may be in another one.
func (s *NameserverSet) isOneNetwork() Answer {
	var kinds [2]int
	for _, network := range s.Networks {
		if strings.Contains(network, ":") {
			kinds[1]++
		} else {
			kinds[0]++
		}
	}
	switch {
	case kinds[0] > 1 || kinds[1] > 1:
		return No
	case len(s.Unresolved) > 0:
		return Unknown
	}
	return Yes
}

// nameservers tells where names are delegated to.
func (b *building) nameservers() {
	report := &b.report.Nameservers
	members := make(map[string][]int) // places in the list of names
	for i := range b.report.Names {
		live := b.Rows[i].Live
		switch {
		case live == nil:
		case live.Nameservers == nil:
			report.Unknown++
		case len(live.Nameservers) == 0:
			report.None++
		default:
			key := strings.Join(live.Nameservers, " ")
			members[key] = append(members[key], i)
		}
	}
	keys := slices.SortedFunc(maps.Keys(members), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(members[y]), len(members[x])), strings.Compare(x, y))
	})
	addresses := b.addresses()
	report.Sets, report.Risks = make([]NameserverSet, 0, len(keys)), make([]Risk, len(weaknesses))
	for i, key := range keys {
		set := newSet(b.Rows[members[key][0]].Live.Nameservers, addresses)
		set.Number = i + 1
		b.fill(set, members[key])
		report.Sets = append(report.Sets, *set)
	}
	for i := range weaknesses {
		report.Risks[i] = report.risk(i)
	}
}

// fill adds the names of a set.
func (b *building) fill(s *NameserverSet, places []int) {
	s.Names = make([]string, 0, len(places))
	for _, i := range places {
		n := &b.report.Names[i]
		n.Set = s.Number
		s.Names = append(s.Names, n.Name)
		if len(b.Rows[i].Live.DSRecords) > 0 {
			s.Signed++
		}
	}
}

// newSet returns a set of nameservers with what all of them depend on.
func newSet(nameservers []string, addresses map[string][]string) *NameserverSet {
	s := &NameserverSet{
		Nameservers: nameservers, Title: attr.TitleOf(nameservers), Operators: attr.OperatorsOf(nameservers), Suffixes: []string{}, Networks: []string{}, Unresolved: []string{},
	}
	for _, n := range nameservers {
		s.Suffixes = append(s.Suffixes, n[strings.LastIndexByte(n, '.')+1:])
		known := false
		for _, address := range addresses[n] {
			if network, ok := networkOf(address); ok {
				s.Networks, known = append(s.Networks, network), true
			}
		}
		if !known {
			s.Unresolved = append(s.Unresolved, n)
		}
	}
	s.Suffixes, s.Networks = sortedOnce(s.Suffixes), sortedOnce(s.Networks)
	s.Risks = make([]Answer, len(weaknesses))
	for i := range weaknesses {
		s.Risks[i] = weaknesses[i].of(s)
	}
	return s
}

func sortedOnce(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// networkOf returns the network of an address: operators announce none that is smaller.
func networkOf(address string) (string, bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "", false
	}
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	network, err := a.WithZone("").Prefix(bits)
	return network.String(), err == nil
}

// addresses returns the addresses of nameservers that are known: what the caller tells,
// and the glue of the account's names.
func (b *building) addresses() map[string][]string {
	known := make(map[string][]string, len(b.Addresses))
	maps.Copy(known, b.Addresses)
	for i := range b.in.Live.Domains {
		for _, h := range b.in.Live.Domains[i].Hosts {
			known[h.Name] = append(slices.Clip(known[h.Name]), h.Addresses...)
		}
	}
	return known
}

// risk counts the sets that have a single point of failure.
func (n *Nameservers) risk(i int) Risk {
	r := weaknesses[i].Risk
	for k := range n.Sets {
		switch s := &n.Sets[k]; s.Risks[i] {
		case Yes:
			r.Sets++
			r.Names += len(s.Names)
		case Unknown:
			r.UnknownSets++
			r.UnknownNames += len(s.Names)
		case No:
		}
	}
	return r
}
