package job

import (
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor"
)

// retain forgets what the files say has been kept for long enough, when all else is
// done. Where that fails, the run has ended as it has, and the next one tries again.
func (r *run) retain(ended error) {
	keep := r.Portfolio.Retention
	if keep == (config.Retention{}) || !r.identified || isUnwritable(ended) || r.stopped() {
		return
	}
	gone, err := executor.Retain(r.soft, r.journal, keep.Personal, keep.Runs)
	if r.Log == nil {
		return
	}
	if n := len(gone.Pruned.Runs); n > 0 {
		r.Log.Info("runs were forgotten as the retention block says", "runs", n)
	}
	if n := gone.Pruned.Facts; n > 0 {
		r.Log.Info("pauses and approvals that decide nothing any more were forgotten as the retention block says", "records", n)
	}
	if n := gone.Forgotten.Persons; n > 0 {
		r.Log.Info("persons were forgotten as the retention block says", "entries", n, "runs", len(gone.Forgotten.Runs))
	}
	if err != nil {
		r.Log.Warn("what the retention block says could not all be forgotten, so the next run tries again", "error", err)
	}
}
