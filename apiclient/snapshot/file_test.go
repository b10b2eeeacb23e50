package snapshot_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// sample has something in every member, and what was not read beside what is
// empty.
func sample() *snapshot.Account {
	at := time.Date(2026, 2, 6, 7, 26, 46, 0, time.UTC)
	return &snapshot.Account{
		FormatVersion: snapshot.FormatVersion,
		Endpoint:      "https://example.com",
		ID:            "1406926474064770",
		ReadAt:        at,
		Domains: []snapshot.Domain{
			{
				Name: "example.com", InstanceID: "S2019", Registered: at.AddDate(-5, 0, 0), Expires: at.AddDate(1, 0, 0),
				Status:       wire.Normal,
				Nameservers:  []string{"ns1.example.net", "ns2.example.net"},
				TransferLock: wire.LockOn, UpdateLock: wire.LockUnset, TransferOut: wire.TransferOutNormal,
				DSRecords: []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: "AB12"}},
				Hosts:     []snapshot.Host{{Name: "ns1.example.com", Addresses: []string{"192.0.2.1", "2001:db8::1"}}},
				Contacts:  map[wire.ContactType]snapshot.Contact{wire.AdminContact: {Name: "Ada Example", Zh: snapshot.ZhContact{City: "伦敦"}}},
				Privacy:   new(true), Premium: true, RegistrantUpdating: wire.UpdatingNormal,
			},
			{Name: "example.net"},
			{Name: "example.org", Nameservers: []string{}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}},
		},
		Failures: []snapshot.Failure{{
			Domain: "example.net", Facts: snapshot.Locks | snapshot.Nameservers,
			Operation: "QueryDomainByDomainName", Message: "Busy", RequestID: "B1",
		}},
	}
}

func write(t testing.TB, a *snapshot.Account) string {
	t.Helper()
	var b strings.Builder
	if err := snapshot.Write(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadReturnsWhatWasWritten(t *testing.T) {
	t.Parallel()
	text := write(t, sample())
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*strings.Reader{"plain": strings.NewReader(text), "gzip": strings.NewReader(zipped.String())} {
		got, err := snapshot.Read(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(sample(), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestWriteGivesEachNameALine(t *testing.T) {
	t.Parallel()
	a := sample()
	a.Domains[0], a.Domains[2] = a.Domains[2], a.Domains[0]
	lines := strings.Split(write(t, a), "\n")
	for i, name := range []string{"example.com", "example.net", "example.org"} {
		if want := fmt.Sprintf(`{"name":%q`, name); !strings.HasPrefix(lines[2+i], want) {
			t.Errorf("line %d is %q, want %s…", 3+i, lines[2+i], want)
		}
	}
	if a.Domains[0].Name != "example.org" {
		t.Error("Write has sorted its argument")
	}
}

func TestReadMakesCanonical(t *testing.T) {
	t.Parallel()
	got, err := snapshot.Read(strings.NewReader(`{"format_version":1,"read_at":"2026-02-06T07:26:46Z","domains":[
		{"name":"Example.ORG."},
		{"name":"bücher.example","nameservers":["NS2.example.net.","ns1.example.net","ns2.example.net"],
		 "ds_records":[{"key_tag":10,"algorithm":8,"digest_type":1,"digest":"AB"},{"key_tag":1,"algorithm":13,"digest_type":2,"digest":"ab"},
		  {"key_tag":10,"algorithm":8,"digest_type":1,"digest":"ab"}],
		 "hosts":[{"name":"NS1.bücher.example","addresses":["2001:DB8:0::1","192.0.2.1"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Domain{
		{Name: "example.org"},
		{
			Name: "xn--bcher-kva.example", Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			DSRecords: []snapshot.DSRecord{
				{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "AB"}, {KeyTag: 10, Algorithm: 8, DigestType: 1, Digest: "AB"},
			},
			Hosts: []snapshot.Host{{Name: "ns1.xn--bcher-kva.example", Addresses: []string{"192.0.2.1", "2001:db8::1"}}},
		},
	}
	if diff := cmp.Diff(want, got.Domains); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const head = "{\"format_version\":1,\n\"domains\":[\n"
	for text, want := range map[string]string{
		"":                                  "line 1: this is no snapshot",
		"[]":                                "line 1: this is no snapshot",
		"{}":                                "format_version is missing",
		`{"format_version":3}`:              "line 1: format_version is 3, this program reads 2: use a newer program",
		`{"format_version":0}`:              "line 1: format_version is 0, this program reads 1 to 2: write the snapshot anew",
		`{"format_version":1} 1`:            "more text follows",
		`{"format_version":1,"names":[]}`:   `has no member "names"`,
		`{"format_version":1,"domains":{}}`: "found '{' instead of '['",
		head + "{\"name\":\"example.com\"},\n{\"status\":\"3\"}\n]}":          `line 4: it is of no name`,
		head + "{\"name\":\"example.com\"},\n{\"name\":3}\n]}":                "line 4: ",
		head + "{\"name\":\"example.com\"},\n{\"label\":\"example.org\"}\n]}": `line 4: json: unknown field "label"`,
		head + "{\"name\":\"example.com\"},\n{\"name\":}\n]}":                 "line 4: invalid character",
		head + "{\"name\":\"example.com\"},\n{\"name\":\"Example.com.\"}\n]}": `the name "example.com" stands twice`,
		head + "{\"name\":\"example.com\"}":                                   "unexpected EOF",
		"\x1f\x8bno gzip":                                                     "snapshot: the gzip data ends too early, the file is cut off",
	} {
		if _, err := snapshot.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", text, err, want)
		}
	}
}

func TestWriteFileReplacesTheWholeFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"live.json", "live.json.gz"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := snapshot.WriteFile(path, sample()); err != nil {
			t.Fatal(err)
		}
		got, err := snapshot.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sample(), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("files were left behind: %v", files)
	}
	if err := snapshot.WriteFile(filepath.Join(dir, "none", "live.json"), sample()); err == nil {
		t.Error("no error for a directory that does not exist")
	}
	// A directory stands where the file would go: the rename fails.
	if err := snapshot.WriteFile(dir, sample()); err == nil {
		t.Error("no error for a path that is a directory")
	}
	if _, err := snapshot.ReadFile(filepath.Join(dir, "none.json")); err == nil {
		t.Error("no error for a file that does not exist")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, sample()))
	f.Add(`{"format_version":1,"domains":[{"name":"example.com","nameservers":["B.example","a.example"]}]}`)
	f.Add(`{"format_version":1,"domains":null,"failures":[{"domain":"a"},{"domain":"A"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := snapshot.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		first := write(t, a)
		again, err := snapshot.Read(strings.NewReader(first))
		if err != nil {
			t.Fatalf("%v: cannot read what was written: %s", err, first)
		}
		if second := write(t, again); second != first {
			t.Errorf("written twice:\n%s\n%s", first, second)
		}
	})
}

// portfolio is an account of n names with all facts.
func portfolio(n int) *snapshot.Account {
	a := sample()
	one := a.Domains[0]
	a.Domains = nil
	for i := range n {
		one.Name = fmt.Sprintf("name-%07d.example", i)
		a.Domains = append(a.Domains, one)
	}
	return a
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{15_000, 1_000_000} {
		b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) {
			if testing.Short() && n > 100_000 {
				b.Skip("large")
			}
			text := write(b, portfolio(n))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := snapshot.Read(strings.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	a := portfolio(15_000)
	for b.Loop() {
		write(b, a)
	}
}

// TestReadReadsOlderFiles: what they lack was not read.
func TestReadReadsOlderFiles(t *testing.T) {
	t.Parallel()
	a, err := snapshot.Read(strings.NewReader(`{"format_version":1,"read_at":"2026-02-06T07:26:46Z","domains":[
{"name":"example.com","instance_id":"S2019","registered":"2021-02-06T07:26:46Z","expires":"2027-02-06T07:26:46Z","status":"3","nameservers":["ns1.example.net"],"transfer_lock":"OPEN","update_lock":"NONE_SETTING","ds_records":[],"hosts":[]}
]}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 2, 6, 7, 26, 46, 0, time.UTC)
	want := snapshot.Domain{
		Name: "example.com", InstanceID: "S2019", Registered: at.AddDate(-5, 0, 0), Expires: at.AddDate(1, 0, 0), Status: wire.Normal,
		Nameservers: []string{"ns1.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockUnset,
		DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
	}
	if diff := cmp.Diff(want, a.Domains[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
