package job

import (
	"cmp"
	"errors"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// A run that ends before it has a plan has verified nothing that keeps a name. When names
// end is kept beside the readings for it.

// noteExpiries notes when the names end of an account that was read.
func (r *run) noteExpiries(in *planner.Input, live *planner.Live) {
	if r.Readings == nil || r.since != nil || r.transfers != nil {
		return
	}
	read := *in
	read.Live = live
	r.expiries = planner.ExpiriesOf(&read, r.expiriesBefore)
}

// takeMade takes into the ends of names what the run has changed and verified since they
// were read.
func (r *run) takeMade() {
	if r.result.Report == nil {
		return
	}
	verified := make(map[string]bool)
	for i := range r.result.Report.Changes {
		if c := &r.result.Report.Changes[i]; c.Result == executor.Verified {
			verified[c.ID] = true
		}
	}
	for _, p := range append([]*planner.Plan{r.result.Plan}, r.result.Follow...) {
		if p == nil { // a run is resumed
			continue
		}
		for c := range p.Differences() {
			if verified[c.ID] {
				r.expiries.Made(c)
			}
		}
	}
}

// recallExpiries says what is known of the ends of names from before, where the run was
// to plan and has no plan.
func (r *run) recallExpiries() {
	planning := r.result.Operation == Planning || r.result.Operation == Applying
	if !planning || r.result.Plan != nil || r.transfers != nil || r.offline || r.Readings == nil {
		return
	}
	known := r.expiries
	if known == nil && r.hard.Err() == nil { // else there is no time left to read
		var err error
		if known, err = r.loadExpiries(); err != nil {
			r.warn("when names end was kept, and cannot be read", err)
		}
	}
	r.result.LastKnown = known.At(r.Clock.Now(), r.Portfolio)
}

// loadExpiries returns when names end, as it was kept; nil: it was not.
func (r *run) loadExpiries() (*planner.Expiries, error) {
	account := r.recallState()
	blobs, err := r.Readings(r.hard, r.Endpoint, cmp.Or(r.result.Account, account))
	if _, unknown := errors.AsType[*journal.AccountError](err); unknown {
		return nil, nil // nothing is kept of an account that nobody knows
	}
	if err != nil {
		return nil, err
	}
	e, err := reader.LoadExpiries(r.hard, blobs, r.Endpoint)
	return e, cmp.Or(err, blobs.Close())
}

// recallState takes from the state, whoever holds it, since when it knows of conditions,
// and returns the account: that of the files, or the one that the state belongs to; "":
// nobody knows.
func (r *run) recallState() (account string) {
	if r.Portfolio != nil {
		account = r.Portfolio.Account.ID
	}
	j := r.journal
	if j == nil {
		var err error
		if j, err = r.Journal(r.hard, r.Endpoint, account, true); err != nil {
			return account
		}
		defer j.Close() //nolint:errcheck // it was only read
	}
	if seen, err := j.Seen(r.hard); err == nil {
		r.appraisal.recall(seen)
	}
	if endpoint, bound, err := j.Binding(r.hard); account == "" && err == nil && endpoint == r.Endpoint {
		account = bound
	}
	return account
}

// findState finds the account of a run that cannot begin by its state, and holds it to
// tell people what they have to know. Nothing is made where there is no state, and nobody
// is told by two runs at once.
func (r *run) findState() {
	j, err := r.Journal(r.hard, r.Endpoint, "", true)
	if err != nil {
		return
	}
	endpoint, account, err := j.Binding(r.hard)
	if closed := j.Close(); err != nil || closed != nil || endpoint == "" {
		return
	}
	r.Endpoint = cmp.Or(r.Endpoint, endpoint)
	if r.Endpoint != endpoint {
		return
	}
	r.result.Endpoint, r.result.Account = endpoint, account
	if len(r.Notifiers) == 0 || r.result.Operation != Applying {
		return
	}
	if j, err := r.Journal(r.hard, endpoint, account, false); err == nil {
		r.journal = j
	}
}
