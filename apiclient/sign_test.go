package apiclient

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestSignWorkedExample is the example of the API reference, with the
// signature that it should print: it has a digit one where the text has the
// letter l.
func TestSignWorkedExample(t *testing.T) {
	params := []wire.Param{
		{Name: "Version", Value: "2014-05-26"},
		{Name: "Action", Value: "DescribeRegions"},
		{Name: "Format", Value: "XML"},
		{Name: "Timestamp", Value: "2016-02-23T12:46:24Z"},
		{Name: "SignatureNonce", Value: "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
		{Name: "SignatureVersion", Value: "1.0"},
		{Name: "SignatureMethod", Value: "HMAC-SHA1"},
		{Name: "AccessKeyId", Value: "testid"},
	}
	if got, want := sign("GET", canonical(params), "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestEncoding(t *testing.T) {
	for in, want := range map[string]string{
		"AZaz09-_.~": "AZaz09-_.~",
		"a b":        "a%20b",
		"*+/=&%":     "%2A%2B%2F%3D%26%25",
		"bücher":     "b%C3%BCcher",
		"\x00":       "%00",
	} {
		if got := string(appendEncoded(nil, in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestSignedForm(t *testing.T) {
	at := time.Date(2026, 2, 6, 9, 2, 3, 0, time.FixedZone("", 8*3600))
	params := []wire.Param{{Name: "DomainName.2", Value: "bücher.example"}, {Name: "DomainName.10", Value: "a b"}}
	form, signature := signedForm("QueryDomainList", params, Credential{"testid", "testsecret", "a token"}, at)
	got, err := url.ParseQuery(string(form))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Action": "QueryDomainList", "Version": "2018-01-29", "Format": "JSON", "AccessKeyId": "testid", "SecurityToken": "a token",
		"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "Timestamp": "2026-02-06T01:02:03Z", "Signature": signature,
		"DomainName.2": "bücher.example", "DomainName.10": "a b",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	unsigned, _, _ := strings.Cut(string(form), "&Signature=")
	if want := sign("POST", []byte(unsigned), "testsecret"); signature != want {
		t.Errorf("signature %s of\n%s\nwant %s", signature, unsigned, want)
	}
	again, _ := signedForm("QueryDomainList", params, Credential{"testid", "testsecret", ""}, at)
	if strings.Contains(string(again), "SecurityToken") {
		t.Error("a permanent key sends a security token")
	}
	other, _ := url.ParseQuery(string(again))
	if len(got.Get("SignatureNonce")) < 16 || got.Get("SignatureNonce") == other.Get("SignatureNonce") {
		t.Errorf("nonces %q and %q", got.Get("SignatureNonce"), other.Get("SignatureNonce"))
	}
}

func BenchmarkSign(b *testing.B) {
	at := time.Date(2026, 2, 6, 1, 2, 3, 0, time.UTC)
	credential := Credential{AccessKeyID: "testid", Secret: "testsecret"}
	thousand := &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainNameServer: []string{"ns1.example.net", "ns2.example.net"}}
	for range 1000 {
		thousand.DomainName = append(thousand.DomainName, "a-name-of-usual-length.example.com")
	}
	for name, r := range map[string]wire.Request{
		"QueryDomainByDomainName": &wire.QueryDomainByDomainNameRequest{DomainName: "example.com"},
		"1000Names":               thousand,
	} {
		o := wire.OperationOf(r)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				signedForm(o.Name, wire.Params(r), credential, at)
			}
		})
	}
}
