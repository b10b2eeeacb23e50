package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// SurveyOptions say which names a survey is of, and what it may ask.
type SurveyOptions struct {
	Only planner.Selection // the names; the zero value selects all
	// Live is the state to survey instead of the account's: then neither the service
	// nor the journal is asked. Nil: the account's.
	Live *planner.Live
	// Remembered takes what the state has of the names, each as it was read last:
	// the service is not asked.
	Remembered bool
}

// A Survey is what there is of some names: what a plan follows from, and the plan.
type Survey struct {
	Input planner.Input
	Plan  *planner.Plan
}

// ErrNothingRead says that the state has no readings.
var ErrNothingRead = errors.New("the state has read no names yet: domainsync plan reads them")

// Survey reads what a plan of the selected names needs, and plans, for whoever wants to
// see how names stand. It changes nothing, and says nothing of what has to be done.
func (j *Job) Survey(ctx context.Context, o SurveyOptions) (*Survey, error) {
	r, release := j.begin(ctx, Planning)
	defer release()
	r.appraisal = new(appraisal)
	survey := new(Survey)
	var err error
	if o.Remembered {
		survey.Input, err = r.recall(o.Only)
	} else {
		survey.Input, err = r.observe(PlanOptions{Only: o.Only, Live: o.Live})
	}
	if err != nil {
		return nil, err
	}
	r.keepOptional()
	survey.Plan = planner.Diff(survey.Input)
	survey.Plan.AddPolicy(r.policy)
	return survey, nil
}

// recall returns what the state knows of an account without asking the service.
func (r *run) recall(only planner.Selection) (in planner.Input, err error) {
	in = planner.Input{Portfolio: r.Portfolio, Only: only, Version: r.Version, Log: planner.Log{Offline: true}}
	j, err := r.Journal(r.soft, r.Endpoint, r.Portfolio.Account.ID, true)
	if err != nil {
		return in, r.end(err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Check(r.soft, r.Endpoint, ""); err != nil {
		return in, err
	}
	if in.History, err = executor.History(r.soft, j); err != nil {
		return in, r.end(err)
	}
	if err := r.narrow(j, nil); err != nil {
		return in, err
	}
	in.Portfolio = r.Portfolio
	in.Live, err = r.remembered(j)
	return in, r.end(err)
}

// remembered returns the account as its names were read last.
func (r *run) remembered(j *journal.Journal) (*planner.Live, error) {
	if r.Readings == nil {
		return nil, ErrNothingRead
	}
	account, err := r.accountOf(j)
	if err != nil {
		return nil, err
	}
	blobs, err := r.Readings(r.soft, r.Endpoint, account)
	if err != nil {
		return nil, err
	}
	live, bad, err := reader.Remembered(r.soft, blobs, r.Endpoint, account, r.Clock.Now())
	if err = errors.Join(err, blobs.Close()); err != nil {
		return nil, err
	}
	if bad > 0 && r.Log != nil {
		r.Log.Warn("some of what was read before is damaged, and left out", "pieces", bad)
	}
	if len(live.Domains) == 0 {
		return nil, fmt.Errorf("%w", ErrNothingRead)
	}
	return live, nil
}
