package executor

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// approvalEcho is for how long a plan says of an approval that it has ended.
const approvalEcho = 30 * 24 * time.Hour

// Approvals returns what persons have said of changes, as plans look at it.
func Approvals(ctx context.Context, j *journal.Journal) ([]planner.ApprovalRecord, error) {
	all, err := j.Approvals(ctx, j.Now().Add(-approvalEcho))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	records := make([]planner.ApprovalRecord, len(all))
	for i, a := range all {
		records[i] = planner.ApprovalRecord(a)
	}
	return records, nil
}

// RecordApprovals records what a person has approved, for this run and later ones.
func RecordApprovals(ctx context.Context, j *journal.Journal, records []planner.ApprovalRecord) error {
	all := make([]journal.Approval, len(records))
	for i, r := range records {
		all[i] = journal.Approval(r)
	}
	return j.Approve(ctx, all)
}
