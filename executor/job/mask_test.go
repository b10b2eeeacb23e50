package job_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
)

// TestPersonsOfEarlierRunsAreMasked: the service names somebody of a run that was
// killed, whom the files do not declare any more. No event of who settles or resumes
// it tells the name.
func TestPersonsOfEarlierRunsAreMasked(t *testing.T) {
	t.Parallel()
	const named = "the registry does not take Planted Person"
	for title, finish := range map[string]func(*job.Job, context.Context) (*job.Result, error){
		"settled": func(j *job.Job, ctx context.Context) (*job.Result, error) { return j.Apply(ctx, job.ApplyOptions{}) },
		"resumed": (*job.Job).Resume,
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := slow
				o.Faults.Rules = []simulator.Fault{{Kind: simulator.FailDetail, Names: []string{"example.com"}, Message: named}}
				w := newWorld(t, keptForAWhile, o, "example.com")
				ctx, kill := context.WithCancel(t.Context())
				time.AfterFunc(time.Minute, kill)
				_, _ = w.job.Apply(ctx, job.ApplyOptions{}) // whatever a dying run says
				w.job.Portfolio, w.events = load(t, `domain "example.com" {}`), nil
				if _, err := finish(w.job, t.Context()); err != nil {
					t.Fatal(err)
				}
				told := 0
				for _, e := range w.events {
					if d, ok := e.Details.(executor.StepResult); ok && strings.HasPrefix(d.Message, "the registry does not take") {
						told++
						if strings.Contains(d.Message, "Planted Person") {
							t.Errorf("an event says %q", d.Message)
						}
					}
				}
				if told != 1 {
					t.Errorf("%d events say what failed", told)
				}
			})
		})
	}
}
