package fleet

import "context"

// runsLookedAt are how many runs are read at a time to find one with a plan: most often
// the last one has it, and after trouble of some days one of a hundred does.
var runsLookedAt = [...]int{5, 95}

// LastPlanned returns the last run of a job that came to a plan, of the last hundred; nil:
// none did. A run that failed before leaves what waits for persons as it was.
func LastPlanned(ctx context.Context, t interface {
	Runs(ctx context.Context, q RunQuery) ([]Run, error)
}, job string,
) (*Run, error) {
	q := RunQuery{Job: job}
	for _, q.Limit = range runsLookedAt {
		runs, err := t.Runs(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range runs {
			if r := &runs[i]; r.Planned || r.Plan != "" {
				return r, nil
			}
		}
		if len(runs) < q.Limit {
			break
		}
		q.Before = runs[len(runs)-1].ID
	}
	return nil, nil
}
