package snapshot_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

func TestFromZone(t *testing.T) {
	t.Parallel()
	got, err := snapshot.FromZone(strings.NewReader(zone))
	if err != nil {
		t.Fatal(err)
	}
	noDS, noHosts, one := []snapshot.DSRecord{}, []snapshot.Host{}, []string{"ns1.example.net"}
	want := &snapshot.Account{FormatVersion: 1, Domains: []snapshot.Domain{
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
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFromZoneOfTheRoot(t *testing.T) {
	t.Parallel()
	got, err := snapshot.FromZone(strings.NewReader(". 1 IN SOA a. b. 1 2 3 4 5\n. NS a.\nexample. NS b.\nb. A 192.0.2.1\nx.example. NS b.\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Domains) != 1 || got.Domains[0].Name != "example" {
		t.Errorf("got %v", got.Domains)
	}
}

func TestFromZoneSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const soa = "example. IN SOA a. b. 1 2 3 4 5\n"
	for text, want := range map[string]string{
		"":                                      "no SOA record",
		"a.example. IN NS b.example.":           "no SOA record",
		soa + "\na.example. IN NS\n":            "line 3: the name is empty",
		soa + "a IN NS b.example.\n":            "at line: 2",
		soa + "a.example. IN A 1.2.3\n":         "at line: 2",
		soa + "$INCLUDE /etc/passwd\n":          "$INCLUDE directive not allowed",
		soa + "\n\\032.example. NS a.\n":        "line 3: ",
		soa + "a.example. NS \\*.b.\n":          "line 2: ",
		soa + "other. IN SOA a. b. 1 2 3 4 5\n": "line 2: a second SOA record, of other after example",
		"\x1f\x8b":                              "zone: unexpected EOF",
	} {
		if _, err := snapshot.FromZone(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", text, err, want)
		}
	}
}

// TestFromZoneOfGov holds the counts that are published with the real zones.
func TestFromZoneOfGov(t *testing.T) {
	t.Parallel()
	for date, want := range map[string][3]int{"2026-02-06": {15_146, 2_022, 936}, "2026-05-18": {15_828, 2_071, 899}} {
		a, err := snapshot.FromZoneFile("../../../shared/data/gov/gov-" + date + ".zone.gz")
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the real zone is not at hand")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := count(a); got != want {
			t.Errorf("%s: got %v names, signed names and hosts, want %v", date, got, want)
		}
	}
}

// TestFromZoneOfGeneratedZone does the same without the real ones.
func TestFromZoneOfGeneratedZone(t *testing.T) {
	t.Parallel()
	a, err := snapshot.FromZone(bytes.NewReader(generated(t, 15_000)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := count(a), [3]int{15_000, 2_143, 938}; got != want {
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

func FuzzFromZone(f *testing.F) {
	f.Add(zone)
	f.Add("$ORIGIN example.\n$TTL 1h\n@ SOA a b 1 2 3 4 5\n$GENERATE 1-3 n$ NS ns$\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") && len(text) > 200 {
			t.Skip("a directive may ask for many records")
		}
		a, err := snapshot.FromZone(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, d := range a.Domains {
			if len(d.Nameservers) == 0 {
				t.Errorf("%s is no delegation", d.Name)
			}
		}
		again, err := snapshot.Read(strings.NewReader(write(t, a)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, again); diff != "" {
			t.Errorf("a snapshot file does not keep it: %s", diff)
		}
	})
}

func BenchmarkFromZone(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/gov/gov-2026-02-06.zone.gz")
	if errors.Is(err, fs.ErrNotExist) {
		text = generated(b, 15_000)
	} else if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := snapshot.FromZone(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
