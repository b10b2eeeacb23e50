package attr_test

import (
	"slices"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// TestHazardsOfOperations: an operation has the hazards of what it changes, money where it
// orders, identity where it can change who holds a name, and none where it only reads.
func TestHazardsOfOperations(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]attr.Hazard{
		"QueryDomainList":                                    nil,
		"SaveBatchTaskForModifyingDomainDns":                 {attr.Delegation},
		"SaveSingleTaskForDeletingDSRecord":                  {attr.Delegation},
		"SaveBatchTaskForUpdateProhibitionLock":              {attr.LockHazard, attr.UnlockHazard},
		"SaveBatchTaskForCreatingOrderRenew":                 {attr.Money},
		"SaveSingleTaskForCreatingOrderRenew":                {attr.Money},
		"SaveSingleTaskForSynchronizingDnsHost":              {},
		"AcknowledgeTaskResult":                              {},
		"TransferInReenterTransferAuthorizationCode":         {attr.Identity},
		"SaveSingleTaskForQueryingTransferAuthorizationCode": {attr.Identity},
	} {
		if got := attr.HazardsOf(wire.Lookup(name)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
	for _, o := range wire.Operations() {
		got := attr.HazardsOf(o)
		if o.Spends && !slices.Contains(got, attr.Money) || o.Transfers && !slices.Contains(got, attr.Identity) || slices.Contains(got, attr.None) {
			t.Errorf("%s has %v", o.Name, got)
		}
	}
}
