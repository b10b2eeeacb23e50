package planner_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

func TestNameserversOfASignedName(t *testing.T) {
	t.Parallel()
	record := snapshot.DSRecord{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
	for name, test := range map[string]struct {
		keep     bool
		declared bool
		want     attr.Status
	}{
		"undeclared records": {want: attr.Blocked},
		"kept":               {keep: true, want: attr.Ready},
		"declared":           {declared: true, want: attr.Ready},
	} {
		t.Run(name, func(t *testing.T) {
			for attribute, desired := range map[string]attr.Value{
				"nameservers": hosts("ns1.example.net", "ns2.example.net"), "alidns": attr.Provider{Own: true},
			} {
				values := map[string]attr.Value{attribute: desired}
				if test.declared {
					values["ds_records"] = attr.NewDSSet([]snapshot.DSRecord{record})
				}
				want, signed := declare("example.com", values), live("example.com", "ns1.example.org")
				want.Settings.KeepDS, signed.DSRecords = test.keep, []snapshot.DSRecord{record}
				p := planner.Diff(planner.Input{Portfolio: portfolio(want), Live: account(signed)})
				if len(p.Changes) != 1 || p.Changes[0].Attribute != attribute || p.Changes[0].Status != test.want {
					t.Errorf("%s: %+v, want one change that is %s", attribute, p.Changes, test.want)
				}
			}
		})
	}
}
