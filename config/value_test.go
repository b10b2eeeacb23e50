package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/internal/schematest"
)

const labelled = `
account {
  id = "42"
}

budget {
  amount = 1000.5
}

prices {
  com = { renew = 11 }
}

registrant_profile "legal" {
  name  = "Ada Example"
  email = "hostmaster@example.com"
  city  = "London"
}

template "corp" {
  transfer_lock = true
  critical      = true
  labels        = { owner = "legal", cost_centre = 4711 }
}

domain "example.com" {
  template    = template.corp
  nameservers = ["NS2.example.net", "ns1.example.net"]
  renewal     = { min_days_left = 60, years = 1 }
  admin       = registrant_profile.legal
}

domains "rest" {
  names    = [{ name = "example.net", owner = "web" }, { name = "example.org", owner = "" }]
  template = template.corp
  labels   = { owner = each.value.owner, tier = null }
  critical = null
}

hold "incident-42" {
  names  = ["example.org"]
  until  = "2026-12-01"
  reason = "moved by hand"
}

hold "lawsuit" {
  names      = ["example.org"]
  attributes = ["nameservers"]
  reason     = "a lawsuit"
}

released "sold" {
  names  = ["example.co.uk"]
  reason = "sold"
}
`

// TestPortfolioValue holds the desired state as a value against its schema.
func TestPortfolioValue(t *testing.T) {
	t.Parallel()
	v, err := loaded(t, labelled).Value(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range schematest.Read(t, "../docs/portfolio.schema.json").Check(schematest.Parse(t, text), "portfolio") {
		t.Error(problem)
	}
	for name, d := range v.GetAttr("domains").AsValueMap() {
		for _, a := range attr.OfNames() {
			if !d.Type().HasAttribute(a.Name) {
				t.Errorf("%s has no %s", name, a.Name)
			}
		}
	}
	for path, want := range map[string]string{
		"account.id":     `"42"`,
		"account.emails": `null`,
		"account.registrant_profile.legal.contact.city": `"London"`,
		"alarm.expiry_days":                             `30`,
		"budget.amount":                                 `1000.5`,
		"budget.per":                                    `"month"`,
		"guard.max_change_percent":                      `30`,
		"guard.max_delegations":                         `null`,
		"prices.com.renew":                              `11`,
		"prices.com.register":                           `null`,
		"domains.example.com.nameservers":               `["ns1.example.net","ns2.example.net"]`,
		"domains.example.com.transfer_lock":             `true`,
		"domains.example.com.update_lock":               `null`,
		"domains.example.com.renewal.years":             `1`,
		"domains.example.com.template":                  `"corp"`,
		"domains.example.com.labels":                    `{"cost_centre":"4711","owner":"legal"}`,
		"domains.example.com.critical":                  `true`,
		"domains.example.com.holds":                     `[]`,
		"domains.example.com.source":                    `{"file":"main.hcl","line":26}`,
		"domains.example.net.labels":                    `{"owner":"web"}`,
		"domains.example.net.critical":                  `false`,
		"domains.example.org.labels":                    `{}`,
		"domains.example.org.holds":                     `["incident-42","lawsuit"]`,
		"domains.example.org.expiry_alarm_days":         `null`,
		"holds.incident-42.until":                       `"2026-12-01T00:00:00Z"`,
		"holds.incident-42.attributes":                  `[]`,
		"holds.lawsuit.until":                           `null`,
		"holds.lawsuit.attributes":                      `["nameservers"]`,
		"released.sold.names":                           `["example.co.uk"]`,
		"domains.example.com.admin.registrant_profile":  `"legal"`,
	} {
		if got := at(t, v, path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// at returns what stands in a value below names with dots between them, as JSON.
func at(t *testing.T, v cty.Value, path string) string {
	t.Helper()
	for path != "" {
		name := path
		for !v.Type().HasAttribute(name) {
			i := strings.LastIndexByte(name, '.')
			if i < 0 {
				t.Fatalf("%q is not in %s", path, v.Type().FriendlyName())
			}
			name = name[:i]
		}
		v, path = v.GetAttr(name), strings.TrimPrefix(strings.TrimPrefix(path, name), ".")
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPortfolioValueOfSomeMembers(t *testing.T) {
	t.Parallel()
	v, err := loaded(t, labelled).Value([]string{"budget", "unheard_of"})
	if err != nil || len(v.Type().AttributeTypes()) != 1 || v.GetAttr("budget").IsNull() {
		t.Errorf("the budget alone is %#v (%v)", v, err)
	}
}

// BenchmarkPortfolioValue makes values of names of one block, and of names that share
// nothing.
func BenchmarkPortfolioValue(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		for _, shared := range []bool{true, false} {
			b.Run(fmt.Sprintf("names=%d/shared=%t", n, shared), func(b *testing.B) {
				p, d := &config.Portfolio{}, loaded(b, labelled).Domains[0]
				for i := range n {
					if d.Name = fmt.Sprintf("name%07d.com", i); !shared {
						d.Declared = slices.Clone(d.Declared)
					}
					p.Domains = append(p.Domains, d)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Value([]string{"domains"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

var _ jsonvalue.Root = (*config.Portfolio)(nil).Value
