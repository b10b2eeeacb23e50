package job

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// narrow compares what the files permit with what those permitted that were applied
// last, as a journal knows it. What is looser and not approved does not count in this
// run: the former value goes on.
func (r *run) narrow(j *journal.Journal, saved *planner.Plan) error {
	data, err := j.LastCeilings(r.soft)
	if err != nil {
		return err
	}
	if data == nil {
		if r.result.Operation == Applying && r.Log != nil {
			r.Log.Info("this state has no record of what the files permitted before: guards, budget, prices and holds count as they are, and the next run compares with them")
		}
		return nil
	}
	last := new(config.Ceilings)
	if err := json.Unmarshal(data, last); err != nil {
		return fmt.Errorf("what the files permitted last cannot be read: %w", err)
	}
	loosened := r.files.LoosenedFrom(last, r.latest())
	changes, without := planner.PolicyChanges(loosened, r.approval, saved, r.Portfolio.Operator)
	r.policy = changes
	r.underPolicy(r.files.Narrowed(without))
	return nil
}

// latest is the latest that it may be now, by the service's clock where one is asked.
func (r *run) latest() time.Time {
	if r.Service == nil {
		return r.Clock.Now()
	}
	return r.Service.ServiceClock().Latest(r.Clock.Now())
}

// narrowAll narrows with a yes to nothing that is looser, whatever else is approved.
func (r *run) narrowAll(j *journal.Journal) error {
	approval := r.approval
	r.approval = new(planner.Approval)
	defer func() { r.approval = approval }()
	return r.end(r.narrow(j, nil))
}

// recordCeilings records what the files permit in this run. What the operator permits at
// most is no matter of theirs: who keeps the policy may widen it.
func (r *run) recordCeilings() error {
	data, err := json.Marshal(r.files.Ceilings())
	if err != nil {
		return err
	}
	return r.end(r.journal.RecordCeilings(r.soft, data, r.journal.Now()))
}
