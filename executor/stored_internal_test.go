package executor

import (
	"os"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// TestStoredPlansOfFormerPrograms: a run that a former program left open is gone on
// with, whatever could not be read for its plan.
func TestStoredPlansOfFormerPrograms(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/stored_plan_with_numbers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	p, err := decodePlan(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Executed()) != 1 || len(p.Failures) != 2 || p.Failures[0].Facts != snapshot.Nameservers|snapshot.Locks || p.Failures[1].Facts != snapshot.DSRecords {
		t.Errorf("read %+v, %+v", p.Failures, p.Executed())
	}
}
