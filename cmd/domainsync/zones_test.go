package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The shape of a registry's zone at two dates, as the .gov zone of February
// and May 2026 has it.
const (
	bothNames    = 15_070 // in both zones
	removedNames = 76     // in the earlier one only
	addedNames   = 758    // in the later one only
	movedNames   = 473    // other nameservers in the later one
	movedSets    = 284    // distinct sets of nameservers that they move to
	movedSigned  = 59     // of the moved, with DS records in the earlier one
	movedSameDS  = 12     // of those, with the same DS records in the later one
	signedNames  = 2_022  // with DS records, in the earlier one
	ownGlue      = 450    // names with nameservers below themselves
	sharedSets   = 5_200  // distinct sets of nameservers elsewhere
)

// zonePair writes the two zones. The order of names is shuffled, so that no
// block of neighbours shares nameservers.
func zonePair(seed uint64) (earlier, later string) {
	r := rand.New(rand.NewPCG(seed, seed))
	var was, is strings.Builder
	for _, b := range []*strings.Builder{&was, &is} {
		b.WriteString("gov. 3600 IN SOA a.ns.gov. hostmaster.example.org. 1 3600 900 604800 3600\ngov. 10800 IN NS a.ns.gov.\n")
	}
	total := bothNames + removedNames + addedNames
	for position, i := range r.Perm(total) {
		name := fmt.Sprintf("name%05d.gov", position)
		hosts := hostsOf(name, i)
		if i < bothNames+removedNames {
			writeHosts(&was, name, hosts)
			if i < signedNames {
				writeDS(&was, name, i)
			}
		}
		if i >= bothNames && i < bothNames+removedNames {
			continue
		}
		moved := i >= signedNames-movedSigned && i < signedNames-movedSigned+movedNames
		if moved {
			set := (i - (signedNames - movedSigned)) % movedSets
			hosts = []string{fmt.Sprintf("ns1.moved%03d.example.org", set), fmt.Sprintf("ns2.moved%03d.example.org", set)}
		}
		writeHosts(&is, name, hosts)
		if i < signedNames-movedSigned+movedSameDS {
			writeDS(&is, name, i)
		} else if i < signedNames {
			writeDS(&is, name, i+1)
		}
	}
	return was.String(), is.String()
}

// hostsOf returns the nameservers of the i-th name: most share a provider's,
// few providers have many names, some names have their own.
func hostsOf(name string, i int) []string {
	if i >= 3000 && i < 3000+ownGlue {
		return []string{"ns1." + name, "ns2." + name}
	}
	provider := i % sharedSets
	if i%2 == 0 {
		provider %= 16
	}
	return []string{
		fmt.Sprintf("ns1.provider%04d.example.net", provider),
		fmt.Sprintf("ns2.provider%04d.example.net", provider),
	}
}

func writeHosts(b *strings.Builder, name string, hosts []string) {
	for n, host := range hosts {
		fmt.Fprintf(b, "%s. 86400 IN NS %s.\n", name, host)
		if strings.HasSuffix(host, "."+name) {
			fmt.Fprintf(b, "%s. 86400 IN A 192.0.2.%d\n%s. 86400 IN AAAA 2001:db8::%d\n", host, n+1, host, n+1)
		}
	}
}

func writeDS(b *strings.Builder, name string, key int) {
	fmt.Fprintf(b, "%s. 3600 IN DS %d 13 2 %064X\n", name, key+1, key+1)
}
