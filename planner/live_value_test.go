package planner_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// alwaysKnown are the members of a name that are known of every name that the account
// holds.
var alwaysKnown = []string{"name", "expires_unclear", "premium_unknown", "read", "contacts"}

// memberNames returns the names of the members of a struct in JSON.
func memberNames[T any]() (names []string) {
	for f := range reflect.TypeFor[T]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// TestLiveValue: nothing of a name that was not read has a value, whatever member it
// is; what was read has that of a snapshot.
func TestLiveValue(t *testing.T) {
	t.Parallel()
	live := &planner.Live{ID: "42", ReadAt: time.Unix(0, 0).UTC(), Domains: []snapshot.Domain{
		{Name: "example.com", PremiumUnknown: true},
		{
			Name: "example.net", InstanceID: "i", Registered: time.Unix(1, 0), Expires: time.Unix(2, 0), Status: "3",
			Nameservers: []string{}, TransferLock: "CLOSE", UpdateLock: "CLOSE", TransferOut: "x", DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
			Contacts:           map[wire.ContactType]snapshot.Contact{"admin": {}, "registrant": {}, "billing": {}, "tech": {}},
			RegistrantUpdating: "NORMAL", RealName: "SUCCEED", Privacy: new(false), AutoRenew: new(false), ENSAddress: new(""), Art: &snapshot.Art{},
			Offer: &snapshot.Offer{}, Quote: &snapshot.Quote{}, Renewal: &snapshot.RenewalPrice{}, Arrival: &snapshot.Arrival{},
		},
	}}
	v, err := planner.LiveValue(live, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range memberNames[snapshot.Domain]() {
		bare, read := v.GetAttr("domains").GetAttr("example.com"), v.GetAttr("domains").GetAttr("example.net")
		if name == "row" {
			if bare.Type().HasAttribute(name) {
				t.Error("it tells the hash of a row")
			}
			continue
		}
		if known := bare.GetAttr(name).IsKnown(); known != slices.Contains(alwaysKnown, name) {
			t.Errorf("%s of a name of which nothing was read: known is %t", name, known)
		}
		if !read.GetAttr(name).IsWhollyKnown() {
			t.Errorf("%s was read and is not known", name)
		}
	}
	for role, c := range v.GetAttr("domains").GetAttr("example.com").GetAttr("contacts").AsValueMap() {
		if c.IsKnown() {
			t.Errorf("the %s contact is known", role)
		}
	}
	for _, name := range memberNames[planner.Live]() {
		optional := slices.Contains([]string{"emails", "transfers_in", "registry_locks", "profiles"}, name)
		if known := v.GetAttr(name).IsKnown(); known == optional {
			t.Errorf("%s of the account: known is %t", name, known)
		}
	}
	if some, err := planner.LiveValue(live, []string{"account"}); err != nil || !some.RawEquals(cty.ObjectVal(map[string]cty.Value{"account": cty.StringVal("42")})) {
		t.Errorf("the account alone is %#v (%v)", some, err)
	}
}
