package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// TestSetsAreAsTheSnapshotCounts: each name with nameservers is in the set of these, and
// in no other.
func TestSetsAreAsTheSnapshotCounts(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		want, got := make(map[string][]string), make(map[string][]string)
		for _, d := range in.Live.Domains {
			key := fmt.Sprint(d.Nameservers == nil, d.Nameservers)
			want[key] = append(want[key], d.Name)
		}
		none, unknown := len(want["false []"]), len(want["true []"])
		delete(want, "false []")
		delete(want, "true []")
		for i, s := range r.Nameservers.Sets {
			got[fmt.Sprint(false, s.Nameservers)] = s.Names
			if i > 0 && len(s.Names) > len(r.Nameservers.Sets[i-1].Names) || s.Number != i+1 {
				t.Errorf("set %d has the number %d and %d names", i+1, s.Number, len(s.Names))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || none != r.Nameservers.None || unknown != r.Nameservers.Unknown {
			t.Fatalf("%d without, %d unknown, want %d and %d: %s", r.Nameservers.None, r.Nameservers.Unknown, none, unknown, diff)
		}
		for _, n := range r.Names {
			in := slices.IndexFunc(r.Nameservers.Sets, func(s report.NameserverSet) bool { return slices.Contains(s.Names, n.Name) })
			if n.Set != in+1 {
				t.Errorf("%s has set %d, and is in %d", n.Name, n.Set, in+1)
			}
		}
	})
}

// TestSinglePointsOfFailure: what all nameservers of a set depend on is told, and what is
// not known is no answer.
func TestSinglePointsOfFailure(t *testing.T) {
	t.Parallel()
	for nameservers, want := range map[string]string{ // one nameserver, operator, suffix, network
		"ns1.example.net":                          "yes yes yes yes",
		"ns1.example.net ns2.example.net":          "no yes yes yes",
		"ns1.example.net ns3.example.net":          "no yes yes no",
		"ns1.example.net ns4.example.net":          "no yes yes no",
		"ns1.example.net ns9.example.net":          "no yes yes unknown",
		"ns1.example.net ns3.example.net ns.x.net": "no no yes no",
		"a.dns-01.com b.dns-22.org":                "no yes no unknown",
		"a.one.com b.two.com":                      "no no yes unknown",
		"a.one.co.uk b.two.org.uk":                 "no no yes unknown",
		"a.one.com b.two.org":                      "no no no unknown",
	} {
		t.Run(nameservers, func(t *testing.T) {
			t.Parallel()
			live := &planner.Live{ReadAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Domains: []snapshot.Domain{
				{Name: "a.com", Nameservers: strings.Fields(nameservers)},
				{Name: "example.net", Hosts: []snapshot.Host{
					{Name: "ns1.example.net", Addresses: []string{"192.0.2.1", "2001:db8::1"}},
					{Name: "ns2.example.net", Addresses: []string{"192.0.2.200", "2001:db8:0:ffff::1"}},
					{Name: "ns3.example.net", Addresses: []string{"198.51.100.1"}},
				}},
			}}
			in := planner.Input{Portfolio: &config.Portfolio{Limits: config.DefaultLimits()}, Live: live}
			r := report.New(in, planner.Diff(in), report.Options{Addresses: map[string][]string{"ns4.example.net": {"2001:db8:1::1"}}})
			set := r.Nameservers.Sets[0]
			if got := strings.Trim(fmt.Sprint(set.Risks), "[]"); got != want {
				t.Errorf("the risks are %q, want %q: %+v", got, want, set)
			}
			for i, risk := range r.Nameservers.Risks {
				yes, unknown := 0, 0
				switch set.Risks[i] {
				case report.Yes:
					yes = 1
				case report.Unknown:
					unknown = 1
				}
				if risk.Sets != yes || risk.Names != yes || risk.UnknownSets != unknown || risk.UnknownNames != unknown {
					t.Errorf("%s counts %+v", risk.ID, risk)
				}
			}
		})
	}
}
