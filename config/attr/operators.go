package attr

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// OperatorsOf returns who operates some nameservers, by their domains without suffix and
// number: awsdns-01.com and awsdns-22.org are one operator's. The result is sorted.
func OperatorsOf(nameservers []string) []string {
	var stems []string
	for _, domain := range domainsOf(nameservers) {
		first, _, _ := strings.Cut(domain, ".")
		stems = append(stems, strings.TrimRight(first, "-0123456789"))
	}
	slices.Sort(stems)
	return slices.Compact(stems)
}

// domainsOf returns the domains that some hosts are of, sorted.
func domainsOf(hosts []string) []string {
	var registered []string
	for _, h := range hosts {
		r, err := publicsuffix.EffectiveTLDPlusOne(h)
		if err != nil {
			r = h
		}
		registered = append(registered, r)
	}
	slices.Sort(registered)
	return slices.Compact(registered)
}

// TitleOf names those who operate some nameservers: by their domain where it is one,
// else by what their domains have in common ([OperatorsOf]), else by the first two.
func TitleOf(nameservers []string) string {
	registered, stems := domainsOf(nameservers), OperatorsOf(nameservers)
	switch {
	case len(registered) <= 1:
		return strings.Join(registered, "")
	case len(stems) <= 2:
		return strings.Join(stems, "_and_")
	default:
		return stems[0] + "_and_" + stems[1] + "_and_others"
	}
}
