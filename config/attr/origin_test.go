package attr_test

import (
	"testing"

	"github.com/domainsync/domainsync/config/attr"
)

// TestEntriesOfTheLogGoWithAttributes tells of which attributes entries of the change
// log are, and of which they may be.
func TestEntriesOfTheLogGoWithAttributes(t *testing.T) {
	t.Parallel()
	for operation, is := range map[string][]string{
		"DNS Modification":                    {"nameservers", "alidns"},
		"DNS modification":                    {"nameservers", "alidns"},
		"DNS Host Creation":                   {"hosts"},
		"DS Record Deletion":                  {"ds_records"},
		"DNS DS record synchronization":       {"ds_records"},
		"Registrant Modification":             {"registrant"},
		"Administrative Contact Modification": {"admin"},
		"Billing Contact Modification":        {"billing"},
		"Technical Contact Modification":      {"tech"},
		"Transfer Lock Setting":               {"transfer_lock"},
		"Security Lock Setting":               {"update_lock"},
		"Privacy Protection Setting":          {"privacy"},
		"ENS Association":                     {"ens_address"},
		".art Information Setting":            {"art"},
		"Transfer-out Cancellation":           nil,
		"Contact Modification":                nil,
	} {
		said := make(map[string]bool)
		for _, name := range is {
			said[name] = true
		}
		for _, a := range attr.OfNames() {
			if got, mayBe := a.LoggedAs(operation); got != said[a.Name] || got && !mayBe || len(is) > 0 && mayBe != got {
				t.Errorf("%q is of %s: %v, may be: %v", operation, a.Name, got, mayBe)
			}
		}
	}
	if _, mayBe := attr.Lookup("tech").LoggedAs("Contact Modification"); !mayBe {
		t.Error("an entry that does not say of which contact it is can be of each")
	}
	if _, mayBe := attr.Lookup("tech").LoggedAs("Transfer-out Cancellation"); mayBe {
		t.Error("a transfer changes no contact")
	}
}
