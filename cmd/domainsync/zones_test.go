package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// A census counts what becomes of names between two zones of a registry.
type census map[string]int

// What is counted.
const (
	bothZones     = "names in both zones"
	vanished      = "vanished names"
	moved         = "names with other nameservers"
	movedSigned   = "of these, with DS records before"
	movedSets     = "sets of nameservers that they move to"
	resigned      = "names with other DS records"
	signedMore    = "of these, with more only"
	signedLess    = "of these, with fewer only"
	unsigned      = "of those with fewer, with none"
	signedOther   = "of these, with others"
	sharedTags    = "of these, without records that share a key tag"
	stuck         = "DS records that cannot go alone"
	hosts         = "hosts that are made or changed"
	registered    = "new names"
	registeredDS  = "of these, with DS records"
	registeredNew = "hosts of new names"
)

// A delegation is what a zone says of a name.
type delegation struct {
	servers string // whose they are, a word of [zoneWriter.servers]
	// Each DS record has three digits: what its digest is of, its key and its
	// digest type.
	ds []int
	// Hosts below the name, beside its own nameservers, with the last byte of
	// their addresses.
	glue map[string]int
}

func at(servers string, ds ...int) *delegation { return &delegation{servers: servers, ds: ds} }

func (d *delegation) with(glue map[string]int) *delegation {
	d.glue = glue
	return d
}

// zoneCases are all that can become of a name, as the .gov zones of February and
// May 2026 have it, with what each such name counts. Nil is a zone without it.
var zoneCases = []struct {
	names   int
	label   string // of a single name that others refer to
	was, is *delegation
	counts  census
}{
	// Most stay as they are.
	{names: 1600, was: at("provider"), is: at("provider")},
	{names: 200, was: at("provider", 12), is: at("provider", 12)},
	{names: 40, was: at("provider", 11, 12), is: at("provider", 11, 12)},
	{names: 100, was: at("own", 12), is: at("own", 12)},
	{names: 20, was: at("own").with(map[string]int{"old": 7}), is: at("own")}, // a host that nobody needs any more

	{names: 20, was: at("provider")},
	{names: 3, was: at("own")},
	{names: 4, was: at("provider", 11, 12)},

	{names: 60, was: at("provider"), is: at("mover"), counts: census{moved: 1}},
	{names: 8, was: at("provider", 12), is: at("mover", 12), counts: census{moved: 1, movedSigned: 1}},
	{names: 12, was: at("provider", 12), is: at("mover", 22), counts: census{moved: 1, movedSigned: 1, resigned: 1, signedOther: 1}},
	{names: 5, was: at("provider", 12), is: at("mover"), counts: census{moved: 1, movedSigned: 1, resigned: 1, signedLess: 1, unsigned: 1}},

	{names: 15, was: at("provider", 12), is: at("provider", 12, 22), counts: census{resigned: 1, signedMore: 1}},
	{names: 20, was: at("provider"), is: at("provider", 12), counts: census{resigned: 1, signedMore: 1}},
	{names: 3, was: at("provider", 11), is: at("provider", 11, 12), counts: census{resigned: 1, signedMore: 1}},
	{names: 6, was: at("provider", 12, 22), is: at("provider", 22), counts: census{resigned: 1, signedLess: 1}},
	{names: 5, was: at("provider", 12), is: at("provider"), counts: census{resigned: 1, signedLess: 1, unsigned: 1}},
	{names: 30, was: at("provider", 12), is: at("provider", 22), counts: census{resigned: 1, signedOther: 1}},
	{names: 5, was: at("provider", 12, 22, 32), is: at("provider", 42), counts: census{resigned: 1, signedOther: 1}},
	{names: 4, was: at("provider", 12), is: at("provider", 112), counts: census{resigned: 1, signedOther: 1}}, // in its place

	// Pairs of records with one key tag go together, and never alone.
	{names: 3, was: at("provider", 11, 12), is: at("provider"), counts: census{resigned: 1, signedLess: 1, unsigned: 1, sharedTags: 1}},
	{names: 3, was: at("provider", 11, 12, 22), is: at("provider", 22), counts: census{resigned: 1, signedLess: 1, sharedTags: 1}},
	{names: 4, was: at("provider", 11, 12), is: at("provider", 22), counts: census{resigned: 1, signedOther: 1, sharedTags: 1}},
	{names: 2, was: at("provider", 11, 12), is: at("provider", 12), counts: census{resigned: 1, signedLess: 1, sharedTags: 1, stuck: 1}},
	{names: 2, was: at("provider", 11, 12, 21, 22), is: at("provider", 22, 32), counts: census{resigned: 1, signedOther: 1, sharedTags: 1, stuck: 1}},

	{names: 2, was: at("provider", 11, 12, 22), is: at("provider", 14, 22), counts: census{resigned: 1, signedOther: 1, sharedTags: 1}},

	// Hosts, and names that are delegated to them.
	{names: 4, was: at("own"), is: at("own").with(map[string]int{"ns1": 8}), counts: census{hosts: 1}},
	{names: 1, label: "hub", was: at("provider"), is: at("provider").with(map[string]int{"ns1": 1, "ns2": 2}), counts: census{hosts: 2}},
	{names: 6, was: at("provider"), is: at("hub"), counts: census{moved: 1}},

	{names: 100, is: at("provider"), counts: census{registered: 1}},
	{names: 10, is: at("mover", 12), counts: census{registered: 1, registeredDS: 1}},
	{names: 3, is: at("own", 11, 12), counts: census{registered: 1, registeredDS: 1, registeredNew: 2}},
	{names: 2, is: at("hub"), counts: census{registered: 1}},
	{names: 1, label: "newhub", is: at("provider").with(map[string]int{"ns1": 1, "ns2": 2}), counts: census{registered: 1, registeredNew: 2}},
	{names: 2, is: at("newhub"), counts: census{registered: 1}},
	{names: 3, was: at("provider"), is: at("newhub"), counts: census{moved: 1}},
}

// zonePair writes an earlier and a later zone of a registry, and counts what lies
// between them. The order of names is shuffled. At most so many names are of one case.
func zonePair(seed uint64, ofCase int) (earlier, later string, counts census) {
	counts = make(census)
	var was, is zoneWriter
	was.begin()
	is.begin()
	names := 0
	for _, c := range zoneCases {
		names += min(c.names, ofCase)
	}
	order := rand.New(rand.NewPCG(seed, seed)).Perm(names)
	targets := make(map[string]bool)
	for _, c := range zoneCases {
		for range min(c.names, ofCase) {
			number := order[0]
			order = order[1:]
			name := fmt.Sprintf("name%04d.gov", number)
			if c.label != "" {
				name = c.label + ".gov"
			}
			was.write(name, number, c.was)
			is.write(name, number, c.is)
			switch {
			case c.was != nil && c.is != nil:
				counts[bothZones]++
			case c.is == nil:
				counts[vanished]++
			}
			for what, n := range c.counts {
				counts[what] += n
			}
			if c.counts[moved] > 0 {
				targets[strings.Join(serversOf(name, number, c.is.servers), " ")] = true
			}
		}
	}
	counts[movedSets] = len(targets)
	return was.String(), is.String(), counts
}

// zoneWriter writes a zone file.
type zoneWriter struct{ strings.Builder }

func (w *zoneWriter) begin() {
	w.WriteString("gov. 3600 IN SOA a.ns.gov. hostmaster.example.org. 1 3600 900 604800 3600\ngov. 10800 IN NS a.ns.gov.\n")
}

func (w *zoneWriter) write(name string, number int, d *delegation) {
	if d == nil {
		return
	}
	glue := maps.Clone(d.glue)
	if glue == nil {
		glue = make(map[string]int)
	}
	for i, host := range serversOf(name, number, d.servers) {
		fmt.Fprintf(w, "%s. 86400 IN NS %s.\n", name, host)
		if label, below := strings.CutSuffix(host, "."+name); below && glue[label] == 0 {
			glue[label] = i + 1
		}
	}
	for _, record := range d.ds {
		content, key, digest := record/100, record/10%10, record%10
		fmt.Fprintf(w, "%s. 3600 IN DS %d 13 %d %0*X\n", name, 5000*key+number%5000, digest, digestLength[digest], 1000*number+100+content)
	}
	for _, label := range slices.Sorted(maps.Keys(glue)) {
		fmt.Fprintf(w, "%s.%s. 86400 IN A 192.0.2.%d\n%[1]s.%[2]s. 86400 IN AAAA 2001:db8::%[3]x\n", label, name, glue[label])
	}
}

// digestLength is the number of hexadecimal digits by the type of the digest.
var digestLength = map[int]int{1: 40, 2: 64, 4: 96}

// serversOf returns the nameservers of a name. Half of the names share few
// providers.
func serversOf(name string, number int, whose string) []string {
	domain := name // its own
	switch whose {
	case "provider":
		provider := number % 900
		if number%2 == 0 {
			provider %= 16
		}
		domain = fmt.Sprintf("provider%03d.example.net", provider)
	case "mover":
		domain = fmt.Sprintf("mover%03d.example.org", number%40)
	case "hub", "newhub":
		domain = whose + ".gov"
	}
	return []string{"ns1." + domain, "ns2." + domain}
}

// A reading is what is to be seen of a delegation: its nameservers, DS records and
// addresses of hosts, in words.
type reading struct {
	servers, ds map[string]bool
	hosts       map[string][]string
}

// differences returns what a name lacks and has too many of. Hosts that are not
// wanted do not matter.
func (r *reading) differences(name string, live *reading) (all []string) {
	if live == nil {
		return []string{name + " is missing"}
	}
	compare := func(what string, want, live map[string]bool) {
		for _, x := range slices.Sorted(maps.Keys(want)) {
			if !live[x] {
				all = append(all, fmt.Sprintf("%s lacks %s %s", name, what, x))
			}
		}
		for _, x := range slices.Sorted(maps.Keys(live)) {
			if !want[x] {
				all = append(all, fmt.Sprintf("%s has %s %s", name, what, x))
			}
		}
	}
	compare("NS", r.servers, live.servers)
	compare("DS", r.ds, live.ds)
	for host, addresses := range r.hosts {
		slices.Sort(addresses)
		slices.Sort(live.hosts[host])
		if !slices.Equal(addresses, live.hosts[host]) {
			all = append(all, fmt.Sprintf("%s: %s is %v, not %v", name, host, live.hosts[host], addresses))
		}
	}
	return all
}

// readings are those of an account's names.
func readings(a *snapshot.Account) map[string]*reading {
	all := make(map[string]*reading)
	for i := range a.Domains {
		d := &a.Domains[i]
		r := &reading{servers: make(map[string]bool), ds: make(map[string]bool), hosts: make(map[string][]string)}
		for _, host := range d.Nameservers {
			r.servers[host] = true
		}
		for _, ds := range d.DSRecords {
			r.ds[fmt.Sprintf("%d %d %d %s", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest)] = true
		}
		for _, h := range d.Hosts {
			r.hosts[h.Name] = slices.Clone(h.Addresses)
		}
		all[d.Name] = r
	}
	return all
}

// readZone reads a zone of second-level names line by line.
func readZone(t *testing.T, file string) map[string]*reading {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var text io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if text, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	all := make(map[string]*reading)
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		record, _, _ := strings.Cut(lines.Text(), ";")
		fields := strings.Fields(record)
		if len(fields) < 5 {
			continue
		}
		owner := strings.TrimSuffix(strings.ToLower(fields[0]), ".")
		labels := strings.Split(owner, ".")
		if len(labels) < 2 {
			continue // the zone itself
		}
		name := strings.Join(labels[len(labels)-2:], ".")
		if all[name] == nil {
			all[name] = &reading{servers: make(map[string]bool), ds: make(map[string]bool), hosts: make(map[string][]string)}
		}
		all[name].add(t, owner, fields[3], fields[4:])
	}
	maps.DeleteFunc(all, func(_ string, r *reading) bool { return len(r.servers) == 0 })
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("%s: %d names, %v", file, len(all), lines.Err())
	}
	return all
}

func (r *reading) add(t *testing.T, owner, kind string, data []string) {
	switch kind {
	case "NS":
		r.servers[strings.TrimSuffix(strings.ToLower(data[0]), ".")] = true
	case "DS":
		r.ds[strings.Join(data[:3], " ")+" "+strings.ToUpper(strings.Join(data[3:], ""))] = true
	case "A", "AAAA":
		address, err := netip.ParseAddr(data[0])
		if err != nil {
			t.Fatal(err)
		}
		r.hosts[owner] = append(r.hosts[owner], address.String())
	}
}
