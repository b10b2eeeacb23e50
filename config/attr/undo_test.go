package attr_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
)

// TestWhyKept: whatever cannot be taken back has its reason, and what can be has none.
func TestWhyKept(t *testing.T) {
	t.Parallel()
	servers := attr.NameserverSet{"ns1.example.net"}
	whole := attr.Contact{
		"type": "enterprise", "organization": "Example Ltd", "name": "Ada Example", "email": "ada@example.com", "country": "GB", "province": "London",
		"city": "London", "address": "1 Example Street", "postal_code": "N1 1AA", "phone_country_code": "44", "phone": "2000000001",
	}
	untold := maps.Clone(whole) // as the service tells contacts other than the registrant
	delete(untold, "type")
	forgotten := attr.Contact{"name": "forgotten-0123abcd"}
	one := func(before attr.Value) []attr.Replaced { return []attr.Replaced{{Domain: "a.com", Before: before}} }
	for _, test := range []struct {
		attribute string
		changes   []attr.Replaced
		want      string // "": it comes back
	}{
		{"nameservers", one(servers), ""},
		{"admin", one(whole), ""},
		{"ds_records", one(attr.DSSet{}), ""},
		{"nameservers", []attr.Replaced{{Before: servers}}, "of the account"},
		{"registration", one(nil), "bought"},
		{"renewal", one(attr.Renewal{}), "bought"},
		{"privacy", []attr.Replaced{{Domain: "a.com", Cost: &attr.Cost{}}}, "bought"},
		{"registrant", one(whole), "consent"},
		{"admin", one(forgotten), "forgotten"},
		{"admin", one(attr.Contact{}), "not told all"},
		{"admin", one(untold), "not told all of what was there before (type)"},
		{"nameservers", one(nil), "never told"},
		{"nameservers", []attr.Replaced{{Domain: "a.com", Element: "x", Before: servers}}, "some of its elements"},
	} {
		got := attr.Lookup(test.attribute).WhyKept(test.changes)
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s of %+v is kept for %q, not for %q", test.attribute, test.changes, got, test.want)
		}
	}
}
