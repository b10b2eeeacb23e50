package attr_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
)

func TestMeant(t *testing.T) {
	t.Parallel()
	names := []string{"max_change_percent", "max_delegations", "max_registrant_changes", "years", "update_lock", "transfer_lock", "temporary_unlock", "lock_note"}
	for given, want := range map[string]string{
		"max_delegation": "max_delegations", "yeers": "years", "YEARS": "years", "percent": "max_change_percent",
		"delegation_limit": "max_delegations", "max_changes_of_registrant": "max_registrant_changes",
		"lock": "update_lock,transfer_lock,lock_note", "max": "", "quantity": "", "": "",
		strings.Repeat("delegations_", 1000): "", // files may hold any number of any length
	} {
		if got := strings.Join(attr.Meant(given, names), ","); got != want {
			t.Errorf("%.40q: %q, want %q", given, got, want)
		}
	}
	if got := attr.DidYouMean([]string{"a", "b", "c"}); got != ` Did you mean "a", "b" or "c"?` {
		t.Error(got)
	}
	if got := attr.DidYouMean(nil); got != "" {
		t.Errorf("nothing is meant: %q", got)
	}
}
