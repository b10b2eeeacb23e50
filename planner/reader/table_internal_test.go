package reader

import (
	"testing"

	"github.com/domainsync/domainsync/planner"
)

// TestReadsAreThoseOfTheForecast: what is read and what the forecast counts are
// the same operations, telling the same facts, in the same order.
func TestReadsAreThoseOfTheForecast(t *testing.T) {
	t.Parallel()
	counted := planner.Reads()
	if len(counted) != len(reads) {
		t.Fatalf("the forecast counts %d reads of a name, and %d are made", len(counted), len(reads))
	}
	for i, r := range reads {
		if c := counted[i]; c.Operation != r.operation || c.Facts != r.facts || c.Least < 1 {
			t.Errorf("%s tells %v, and the forecast counts %s for %v", r.operation, r.facts.Names(), c.Operation, c.Facts.Names())
		}
	}
	counted = planner.AccountReads()
	if len(counted) != len(accountReads) {
		t.Fatalf("the forecast counts %d reads of the account, and %d are made", len(counted), len(accountReads))
	}
	for i, r := range accountReads {
		if c := counted[i]; c.Operation != r.operation || c.Facts != r.facts || c.Least < 1 {
			t.Errorf("%s tells %v, and the forecast counts %s for %v", r.operation, r.facts.Names(), c.Operation, c.Facts.Names())
		}
	}
}
