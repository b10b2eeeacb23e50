package snapshot_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

const zone = `
; a comment
$ORIGIN example.
@	3600	IN	SOA	a.nic.example. hostmaster.example.net. ( 1 3600
	900 604800 300 )
@	IN	NS	a.nic
a.nic	IN	A	192.0.2.53
@	IN	TXT	"NS is no delegation here"
Signed.example.	3600	IN	NS	NS2.example.net. ; cf_tags=x
signed	IN	NS	ns1.example.net.
signed	60	IN	NS	ns1.example.net.
signed	IN	DS	2371 13 2 ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34
signed	IN	DS	11 8 1 ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34
own	NS	ns1.own
own	NS	own
own	A	192.0.2.9
ns1.own	AAAA	2001:DB8::1
ns1.own	A	192.0.2.1
ns1.own	A	192.0.2.1
ns1.own	A	192.0.2.0
sub.own	NS	ns1.own
deep.co	NS	ns1.example.net.
xn--bcher-kva	NS	ns1.example.net.
nobody	DS	1 8 1 ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34
outside.test.	NS	ns1.example.net.
`

func TestReadZone(t *testing.T) {
	t.Parallel()
	got, err := snapshot.ReadZone(strings.NewReader(zone), "")
	if err != nil {
		t.Fatal(err)
	}
	noDS, noHosts, one := []snapshot.DSRecord{}, []snapshot.Host{}, []string{"ns1.example.net"}
	want := &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{
		{Name: "deep.co.example", Nameservers: one, DSRecords: noDS, Hosts: noHosts},
		{
			Name: "own.example", Nameservers: []string{"ns1.own.example", "own.example"}, DSRecords: noDS,
			Hosts: []snapshot.Host{
				{Name: "ns1.own.example", Addresses: []string{"192.0.2.0", "192.0.2.1", "2001:db8::1"}},
				{Name: "own.example", Addresses: []string{"192.0.2.9"}},
			},
		},
		{
			Name: "signed.example", Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			DSRecords: []snapshot.DSRecord{
				{KeyTag: 11, Algorithm: 8, DigestType: 1, Digest: strings.Repeat("AB12CD34", 5)},
				{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB12CD34", 8)},
			},
			Hosts: noHosts,
		},
		{Name: "xn--bcher-kva.example", Nameservers: one, DSRecords: noDS, Hosts: noHosts},
	}}
	if diff := cmp.Diff(want, got.Account); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.Apex != "example" || got.Unusable.Count != 0 || got.Outside.String() != "outside.test (line 25)" {
		t.Errorf("the apex is %s, left out are %v and %v", got.Apex, got.Unusable, got.Outside)
	}
}

func TestReadZoneOfTheRoot(t *testing.T) {
	t.Parallel()
	got, err := snapshot.ReadZone(strings.NewReader(". 1 IN SOA a. b. 1 2 3 4 5\n. NS a.\nexample. NS b.\nb. A 192.0.2.1\nx.example. NS b.\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Domains) != 1 || got.Domains[0].Name != "example" {
		t.Errorf("got %v", got.Domains)
	}
}

// TestReadZoneSaysWhatIsWrongWithTheWhole: nothing is made of such a file.
func TestReadZoneSaysWhatIsWrongWithTheWhole(t *testing.T) {
	t.Parallel()
	const soa = "example. IN SOA a. b. 1 2 3 4 5\n"
	for _, test := range []struct{ origin, text, want string }{
		{"", "", "the file is empty"},
		{"", "\ufeff", "the file is empty"},
		{"", "\n ; nothing\n\n", "the file is empty"},
		{"", "a.example. IN NS b.example.\n", "it has no SOA record, so its apex is unknown: add"},
		{"", "<html>\n<body>\n", "no SOA record, so its apex is unknown: is this a zone file? Rows that cannot be used: 2. line 1: "},
		{"", soa, "it delegates no name below example: it is the zone of one name, or an empty one"},
		{"", "example.com. SOA a. b. 1 2 3 4 5\nexample.com. NS ns1.example.net.\nwww.example.com. A 192.0.2.1\n", "below example.com: it is the zone of one name"},
		{"", soa + "$ORIGIN net.\nbeta NS a.\n", "no name below example. Left out: delegations outside of the zone example: 1. Is each $ORIGIN right? beta.net (line 3)"},
		{"", soa + "a IN NS b.example.\n", "line 2: it has a name that is relative, and no $ORIGIN"},
		{"", "@ SOA a. b. 1 2 3 4 5\n", "line 1: it has a name that is relative, and no $ORIGIN"},
		{"", soa + "a.example. IN NS b\n", "line 2: it has a name that is relative, and no $ORIGIN"},
		{"", soa + "$GENERATE 1-2 a$ NS b.\n", "line 2: it has a name that is relative, and no $ORIGIN"},
		{"net.", soa + "a.example. NS b.\n", "its SOA record is that of example, and the origin given is net.: correct the origin"},
		{"a..b", soa, `the origin "a..b" is no name of a zone`},
		{"", soa + "$INCLUDE /etc/passwd\n", "line 2: $INCLUDE: other files are not read"},
		{"", soa + "\n$ORIGIN a..b\na NS b.\n", "line 3: $ORIGIN: bad origin name"},
		{"", soa + "$ORIGIN\na NS b.\n", "line 2: $ORIGIN: "},
		{"", soa + "$origin net\na NS b.\n", "line 2: $ORIGIN: the name is relative, and nothing before it says to what: end it with a dot"},
		{"", soa + "$GENERATE 1-2\n", "line 2: $GENERATE: "},
		{"", soa + "$GENERATE 1-99999999 a$.example. NS b.\n", "line 2: $GENERATE: "},
		{"", soa + "$DATE 2026\n", "line 2: $DATE: it is no directive of zone files"},
		{"", soa + "a.example. NS (\n b.\n", "line 2: a parenthesis is opened and not closed before the file ends"},
		{"", soa + "a.example. NS (\n" + strings.Repeat("b\n", 1<<18), "line 2: a parenthesis is opened and not closed within"},
		{"", soa + "other. IN SOA a. b. 1 2 3 4 5\n", "line 2: a second SOA record, of other after example"},
		{"", "\x1f\x8b", "zone: the gzip data ends too early, the file is cut off"},
		{"", "\xfd7zXZ\x00\x00", "zone: it is compressed with xz, which is not read"},
		{"", "\x00\x01\x02\x03", "zone: it is no text: line 1 has a zero byte"},
		{"", soa + "com.zone\x00\x00\x00\x00", "zone: line 2 has a zero byte: it is no text, but an archive"},
	} {
		if _, err := snapshot.ReadZone(strings.NewReader(test.text), test.origin); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80q: got %v, want …%s…", test.text, err, test.want)
		}
	}
	if _, err := snapshot.ReadZone(strings.NewReader("@ SOA a. b. 1 2 3 4 5\n"), ""); !errors.Is(err, snapshot.ErrOrigin) {
		t.Errorf("%v is not ErrOrigin", err)
	}
}

// anything is what a row may have told whose type is none.
const anything = snapshot.Nameservers | snapshot.DSRecords | snapshot.Hosts

// unusable are rows that say nothing of use, with why, and what they leave
// unknown of bad.example.
var unusable = []struct {
	row, why string
	unknown  snapshot.Facts
}{
	{"*.bad A 192.0.2.9", `"*.bad.example." is a wildcard`, 0},
	{"* NS ns1.example.net.", `"*.example." is a wildcard`, 0},
	{"b\\@d NS ns1.example.net.", "has a character that no domain name holds", 0},
	{"-bad NS ns1.example.net.", "begins or ends with a hyphen", 0},
	{"xn--zzzzz- NS ns1.example.net.", "is no domain name", 0},
	{strings.Repeat("b", 64) + " NS ns1.example.net.", "bad owner name", 0},
	{"bad..bad NS ns1.example.net.", "bad owner name", 0},
	{"bad NS .", "the root is no host", snapshot.Nameservers},
	{"bad NS ns\\@1.example.net.", "has a character that no domain name holds", snapshot.Nameservers},
	{"bad NS ns\\0461.example.net.", "has a character that no domain name holds", snapshot.Nameservers},
	{"bad NS *.example.net.", "is a wildcard", snapshot.Nameservers},
	{"bad NS", "the name is empty", snapshot.Nameservers},
	{"bad NS ns1.example.net. and more", "garbage after rdata", snapshot.Nameservers},
	{"bad 3600 IN NS ns..example.net.", "bad NS Ns", snapshot.Nameservers},
	{"bad NS " + strings.Repeat("n", 64) + ".example.net.", "bad NS Ns", snapshot.Nameservers},
	{"bad DS 2371 13 2 xyz", "is no digest", snapshot.DSRecords},
	{"bad DS 99999 13 2 ABCD", "bad DS KeyTag", snapshot.DSRecords},
	{"bad DS", "is no digest", snapshot.DSRecords},
	{"bad A 1.2.3", "bad A A", snapshot.Hosts},
	{"ns1.bad AAAA 192.0.2.1", "bad AAAA AAAA", snapshot.Hosts},
	{"bad TYPE2 \\# 4 zz", "bad RFC3597 Rdata", snapshot.Nameservers},
	{"bad (NS ns..example.net.)", "bad NS Ns", snapshot.Nameservers},
	{"bad CLASS1 1h NS( ns..example.net.)", "bad NS Ns", snapshot.Nameservers},
	{"bad IN 3600 DS\t(1 2 3 xyz)", "is no digest", snapshot.DSRecords},
	{"bad IN N5 ns2.example.net.", "not a TTL", anything},
	{"bad BOGUS 1 2 3", "not a TTL", anything},
	{"bad NSEC3 ns DS", "bad NSEC3", 0},
	{"bad TYPE65534 x", "", 0},
	{strings.Repeat("bad", 5000) + " NS ns1.example.net.", "bad owner name", 0},
	{"bad DS 2371 13 2 " + strings.Repeat("xyz", 5000), "xyzxyz", snapshot.DSRecords},
	{"bad )", "extra closing brace", anything},
	{"bad TXT \"a text", "a quotation mark is opened and not closed on its line", 0},
	{"bad TXT " + strings.Repeat("t ", 1<<18), "it is longer than 262144 bytes", 0},
	{"$TTL often", "$TTL: expecting $TTL value", 0},
	{"$GENERATE 1-1 *.gen$ NS ns1.example.net.", "$GENERATE: ", 0},
}

// TestReadZoneLeavesOutSingleRows: one row that cannot be used is told with its
// line, leaves what it would have told unknown, and everything else as it is.
func TestReadZoneLeavesOutSingleRows(t *testing.T) {
	t.Parallel()
	const before = "$ORIGIN example.\n@ SOA a. b. 1 2 3 4 5\nalpha NS ns1.example.net.\n\tNS ns2.example.net.\n"
	const own = "bad NS ns3.example.net.\n  DS 2371 13 2 ABCD\nns1.bad A 192.0.2.1\n"
	const after = "beta NS ns1.example.net. ; (\n"
	want, err := snapshot.ReadZone(strings.NewReader(before+own+after), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range unusable {
		got, err := snapshot.ReadZone(strings.NewReader(before+test.row+"\n"+own+after), "")
		if err != nil {
			t.Errorf("%.60s: %v", test.row, err)
			continue
		}
		if got.Unusable.Count != 1 || !strings.HasPrefix(got.Unusable.Examples[0], "line 5: ") || !strings.Contains(got.Unusable.Examples[0], test.why) {
			t.Errorf("%.60s: left out is %v, want line 5: …%s…", test.row, got.Unusable, test.why)
		}
		if left := got.LeftOut(); len(left) != 1 || len(left[0]) > 400 || !strings.HasPrefix(left[0], "rows of the zone file that cannot be used: 1. line 5: ") {
			t.Errorf("%.60s: said is %q", test.row, left)
		}
		domains := slices.Clone(want.Domains)
		bad := &domains[1]
		for fact, forget := range map[snapshot.Facts]func(){
			snapshot.Nameservers: func() { bad.Nameservers = nil },
			snapshot.DSRecords:   func() { bad.DSRecords = nil },
			snapshot.Hosts:       func() { bad.Hosts = nil },
		} {
			if test.unknown&fact != 0 {
				forget()
			}
		}
		if diff := cmp.Diff(domains, got.Domains); diff != "" {
			t.Errorf("%.60s: (-want +got)\n%s", test.row, diff)
		}
	}
}

// TestReadZoneTakesNoOddRowForADelegation: a row of which nobody knows what it is
// makes no name one that the zone delegates.
func TestReadZoneTakesNoOddRowForADelegation(t *testing.T) {
	t.Parallel()
	z, err := snapshot.ReadZone(strings.NewReader("example. SOA a. b. 1 2 3 4 5\na.example. NS x.\nodd.example. N5 y.\nlost.example. NS x..y\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(z.Domains) != 2 || z.Domain("lost.example") == nil || z.Domain("odd.example") != nil {
		t.Errorf("delegated are %v", z.Domains)
	}
}

// TestReadZoneInheritsNoWrongOwner: rows without an owner belong to the row
// before them, also where that one cannot be used, and where the origin changed.
func TestReadZoneInheritsNoWrongOwner(t *testing.T) {
	t.Parallel()
	const text = " NS lost.example.net.\n$ORIGIN example.\n@ SOA a. b. 1 2 3 4 5\nalpha NS a.\nbad..bad NS b.\n\tNS c.\nbeta NS x..y\n NS d.\n" +
		"gamma NS e.\n$ORIGIN net.\n NS f.\n"
	z, err := snapshot.ReadZone(strings.NewReader(text), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range z.Domains {
		got = append(got, d.Name+" "+strings.Join(d.Nameservers, ","))
	}
	if diff := cmp.Diff([]string{"alpha.example a", "beta.example ", "gamma.example e,f"}, got); diff != "" {
		t.Error(diff)
	}
	if want := `line 1: it has no owner, nor has a row before it; line 5: bad owner name: "bad..bad"; line 6: bad owner name: "bad..bad"; line 7: bad NS Ns: "x..y"`; z.Unusable.String() != want {
		t.Errorf("left out is %s, want %s", z.Unusable, want)
	}
}

// TestReadZoneCountsWhatItLeavesOut, and shows some of it.
func TestReadZoneCountsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	text := "$ORIGIN example.\n@ SOA a. b. 1 2 3 4 5\nalpha NS a.\n" + strings.Repeat("* NS a.\n", 7) + "$ORIGIN net.\n$GENERATE 1-8 out$ NS a.\n"
	z, err := snapshot.ReadZone(strings.NewReader(text), "")
	if err != nil {
		t.Fatal(err)
	}
	const wildcard = `: "*.example." is a wildcard; `
	want := []string{
		"rows of the zone file that cannot be used: 7. line 4" + wildcard + "line 5" + wildcard + "line 6" + wildcard + "line 7" + wildcard + "line 8" + wildcard + "and 2 more",
		"delegations outside of the zone example: 8. Is each $ORIGIN right? out1.net (line 12); out2.net (line 12); out3.net (line 12); out4.net (line 12); out5.net (line 12); and 3 more",
	}
	if diff := cmp.Diff(want, z.LeftOut()); diff != "" {
		t.Error(diff)
	}
}

// TestReadZoneReadsEveryFormOfAFile: marks, widths, line ends, compressions, and
// an origin that is given.
func TestReadZoneReadsEveryFormOfAFile(t *testing.T) {
	t.Parallel()
	const text = "@ SOA a. b. (1 2 3\n4 5)\nalpha NS ns1.example.net. ; K\u00f6ln\n"
	var wide []byte
	for _, r := range "\ufeff" + text {
		wide = append(wide, byte(r), byte(r>>8))
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"plain": text, "mark": "\ufeff" + text, "UTF-16": string(wide), "gzip": zipped.String(),
		"Windows": strings.ReplaceAll(text, "\n", "\r\n"), "old Mac": strings.ReplaceAll(text, "\n", "\r"),
		"Latin-1": strings.ReplaceAll(text, "\u00f6", "\xf6"), "no last line end": strings.TrimSpace(text), "origin twice": "$ORIGIN example.\n" + text,
	} {
		for _, origin := range []string{"example.", "EXAMPLE"} {
			z, err := snapshot.ReadZone(strings.NewReader(form), origin)
			if err != nil || len(z.Domains) != 1 || z.Domains[0].Name != "alpha.example" || z.Unusable.Count != 0 {
				t.Errorf("%s with the origin %s: got %+v and %v", name, origin, z, err)
			}
		}
	}
}

// TestReadZoneKeepsNoHugeLine in memory. It is not parallel: memory is that of
// all tests.
func TestReadZoneKeepsNoHugeLine(t *testing.T) {
	const huge = 16 << 20
	text := io.MultiReader(
		strings.NewReader("example. SOA a. b. 1 2 3 4 5\nalpha.example. NS a.\nbad.example. TXT "),
		io.LimitReader(repeated('x'), huge), strings.NewReader("\n; "), io.LimitReader(repeated('y'), huge),
		strings.NewReader("\nbeta.example. NS a.\n"),
	)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	z, err := snapshot.ReadZone(text, "")
	runtime.ReadMemStats(&after)
	if err != nil || len(z.Domains) != 2 || z.Unusable.Count != 1 {
		t.Errorf("got %+v and %v", z, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > huge/2 {
		t.Errorf("%d bytes were used", used)
	}
}

// repeated is one byte without end.
type repeated byte

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

// TestReadZoneOfGov holds the counts that are published with the real zones.
func TestReadZoneOfGov(t *testing.T) {
	t.Parallel()
	for date, want := range map[string][3]int{"2026-02-06": {15_146, 2_022, 936}, "2026-05-18": {15_828, 2_071, 899}} {
		a, err := snapshot.ReadZoneFile("../../../shared/data/gov/gov-"+date+".zone.gz", "")
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the real zone is not at hand")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := count(a.Account); got != want {
			t.Errorf("%s: got %v names, signed names and hosts, want %v", date, got, want)
		}
	}
}

// TestReadZoneOfGeneratedZone does the same without the real ones.
func TestReadZoneOfGeneratedZone(t *testing.T) {
	t.Parallel()
	a, err := snapshot.ReadZone(bytes.NewReader(generated(t, 15_000)), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := count(a.Account), [3]int{15_000, 2_143, 938}; got != want {
		t.Errorf("got %v names, signed names and hosts, want %v", got, want)
	}
}

func count(a *snapshot.Account) (n [3]int) {
	n[0] = len(a.Domains)
	for _, d := range a.Domains {
		if len(d.DSRecords) > 0 {
			n[1]++
		}
		n[2] += len(d.Hosts)
	}
	return n
}

// generated is a gzipped zone of n names: every 7th is signed, every 16th has
// a nameserver of its own.
func generated(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintln(z, "example. 3600 IN SOA a.nic.example. hostmaster.example.net. 1 3600 900 604800 300")
	for i := range n {
		name := fmt.Sprintf("name-%05d.example.", i)
		fmt.Fprintf(z, "%s 3600 IN NS ns%d.example.net.\n%s 3600 IN NS ns%d.example.org.\n", name, i%379, name, i%17)
		if i%7 == 0 {
			fmt.Fprintf(z, "%s 3600 IN DS %d 13 2 %064x\n", name, i, i)
		}
		if i%16 == 0 {
			fmt.Fprintf(z, "%s 3600 IN NS ns.%s\nns.%s 3600 IN A 192.0.2.1\n", name, name, name)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzReadZone(f *testing.F) {
	f.Add(zone)
	f.Add("$ORIGIN example.\n$TTL 1h\n@ SOA a b 1 2 3 4 5\n$GENERATE 1-3 n$ NS ns$\n")
	long := regexp.MustCompile(`\d{3}`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") && (len(text) > 200 || long.MatchString(text)) {
			t.Skip("a directive may ask for many records")
		}
		a, err := snapshot.ReadZone(strings.NewReader(text), "")
		if err != nil || len(a.Domains) > 1000 { // a directive may ask for many, which take long to compare
			return
		}
		for _, d := range a.Domains {
			if d.Nameservers != nil && len(d.Nameservers) == 0 || d.Nameservers == nil && a.Unusable.Count == 0 {
				t.Errorf("%s is no delegation", d.Name)
			}
		}
		again, err := snapshot.Read(strings.NewReader(write(t, a.Account)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a.Account, again); diff != "" {
			t.Errorf("a snapshot file does not keep it: %s", diff)
		}
	})
}

func BenchmarkReadZone(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/gov/gov-2026-02-06.zone.gz")
	if errors.Is(err, fs.ErrNotExist) {
		text = generated(b, 15_000)
	} else if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := snapshot.ReadZone(bytes.NewReader(text), ""); err != nil {
			b.Fatal(err)
		}
	}
}
