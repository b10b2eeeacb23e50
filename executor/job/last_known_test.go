package job_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// newRemembering returns a job on an account whose example.net ends in so many days, and
// that keeps what it reads. Its service can be cut off.
func newRemembering(t *testing.T, days int) (w *world, state string, cut *cutOff) {
	t.Helper()
	w = newWorld(t, renewedFiles, simulator.Options{}, "example.net")
	w.sim.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, days) })
	state, cut = t.TempDir(), &cutOff{RoundTripper: apart{w.sim.Transport()}}
	w.job.Service = clientOf(t, apiclient.Config{Transport: cut})
	w.job.Journal, w.job.Readings = job.InState(state, journal.Options{}), job.ReadingsIn(state, journal.Options{})
	return w, state, cut
}

// cutOff leads to the service, unless it is down.
type cutOff struct {
	http.RoundTripper
	down bool
}

func (c *cutOff) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.down {
		return nil, errors.New("no route to the service")
	}
	return c.RoundTripper.RoundTrip(r)
}

// unapproved approves of nothing.
var unapproved = job.ApplyOptions{Approval: new(planner.Approval)}

// TestRunsWithoutAPlanTellWhatIsEndangered: however a run ends before it has a plan, it
// tells of the name that the run before has read, with the date and the age, and people
// are told where the state can be held.
func TestRunsWithoutAPlanTellWhatIsEndangered(t *testing.T) {
	t.Parallel()
	for how, test := range map[string]struct {
		run  func(w *world, state string, cut *cutOff) (*job.Result, error)
		mute bool // nobody can be told
	}{
		"the service is down": {func(w *world, _ string, cut *cutOff) (*job.Result, error) {
			cut.down = true
			return w.job.Apply(w.t.Context(), job.ApplyOptions{})
		}, false},
		"the credentials are refused": {func(w *world, _ string, cut *cutOff) (*job.Result, error) {
			client, err := apiclient.New(apiclient.Config{Endpoint: endpoint, Transport: cut, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "wrong"}})
			if err != nil {
				w.t.Fatal(err)
			}
			w.job.Service = client
			return w.job.Apply(w.t.Context(), job.ApplyOptions{})
		}, false},
		"a plan cannot read": {func(w *world, _ string, cut *cutOff) (*job.Result, error) {
			cut.down = true
			return w.job.Plan(w.t.Context(), job.PlanOptions{})
		}, true},
		"another run holds the account": {func(w *world, state string, _ *cutOff) (*job.Result, error) {
			other, err := journal.Open(w.t.Context(), state, journal.Options{Endpoint: endpoint})
			if err != nil {
				w.t.Fatal(err)
			}
			defer other.Close() //nolint:errcheck // it is only held
			return w.job.Apply(w.t.Context(), job.ApplyOptions{})
		}, true},
		"somebody stops it": {func(w *world, _ string, _ *cutOff) (*job.Result, error) {
			stop := make(chan struct{})
			w.job.Stop, w.job.Events = stop, func(e job.Event) {
				if _, ok := e.Details.(job.Settled); ok { // and nothing is read yet
					close(stop)
				}
			}
			return w.job.Apply(w.t.Context(), job.ApplyOptions{})
		}, false},
		"the files cannot be read": {func(w *world, _ string, _ *cutOff) (*job.Result, error) {
			w.job.Portfolio, w.job.Service, w.job.Endpoint = nil, nil, ""
			return w.job.Fail(w.t.Context(), job.Applying, errors.New("the files have 1 error"))
		}, false},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, state, cut := newRemembering(t, 35)
				w.apply(unapproved)
				time.Sleep(6 * 24 * time.Hour)
				p := new(place)
				w.job.Notifiers = []job.Notifier{p}
				r, err := test.run(w, state, cut)
				if err == nil || r.Plan != nil {
					t.Fatalf("it ended with %v and the plan %v", err, r.Plan)
				}
				c := endangeredIn(r, "example.net")
				if c == nil || c.Makes != job.Failed || c.Deadline.IsZero() || c.Since.IsZero() || !strings.Contains(c.Reason, "6 days ago") {
					t.Fatalf("the conditions are %+v", r.Conditions)
				}
				if told := strings.Contains(strings.Join(p.told, ";"), "endangered:example.net"); told == test.mute {
					t.Errorf("people are told %q", p.told)
				}
			})
		})
	}
}

// TestAnEmptyStateKnowsNothing: a run without a plan says so where nothing was read
// before, and one that cannot begin makes no state.
func TestAnEmptyStateKnowsNothing(t *testing.T) {
	t.Parallel()
	for how, run := range map[string]func(w *world) (*job.Result, error){
		"down":  func(w *world) (*job.Result, error) { return w.job.Apply(w.t.Context(), job.ApplyOptions{}) },
		"files": func(w *world) (*job.Result, error) { return w.job.Fail(w.t.Context(), job.Applying, errors.New("no")) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w, state, cut := newRemembering(t, 5)
			cut.down = true
			r, _ := run(w)
			if c, ok := condition(r, "expiries_unknown"); !ok || len(r.Conditions) != 1 || c.Makes != "" || !strings.Contains(c.Reason, "no earlier readings") {
				t.Errorf("%s: the conditions are %+v", how, r.Conditions)
			}
			if made, err := os.ReadDir(state); err != nil || how == "files" && len(made) > 0 {
				t.Errorf("%s: it has made %v, %v", how, made, err)
			}
		})
	}
}

// TestAnUnknownAccountIsNoMistake: that a state which many accounts share does not know
// the account yet is nothing to warn of.
func TestAnUnknownAccountIsNoMistake(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		err   error
		warns bool
	}{
		"unknown account": {&journal.AccountError{}, false},
		"no state":        {errors.New("no route to the state"), true},
	} {
		w, _, _ := newRemembering(t, 5)
		w.job.Readings = func(context.Context, string, string) (journal.Blobs, error) { return nil, test.err }
		var log strings.Builder
		w.job.Log = slog.New(slog.NewTextHandler(&log, nil))
		r, _ := w.job.Fail(t.Context(), job.Applying, errors.New("no"))
		if _, ok := condition(r, "expiries_unknown"); !ok || strings.Contains(log.String(), "cannot be read") != test.warns {
			t.Errorf("%s: the conditions are %+v, and the log is %q", what, r.Conditions, log.String())
		}
	}
}

// TestARenewedNameIsNotTold: what an apply has renewed and read back keeps the name, also
// for a run that has no plan; a plan in between, of other files, changes nothing.
func TestARenewedNameIsNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, cut := newRemembering(t, 20)
		if r := w.apply(job.ApplyOptions{Approval: &planner.Approval{Hazards: []attr.Hazard{attr.Money, attr.PolicyHazard}}}); endangeredIn(r, "example.net") != nil {
			t.Fatalf("it was not renewed: %+v", r.Conditions)
		}
		declared := w.job.Portfolio
		cut.down = true
		if r, err := w.job.Apply(context.WithoutCancel(t.Context()), job.ApplyOptions{}); err == nil || len(r.Conditions) != 0 {
			t.Errorf("after %v the conditions are %+v", err, r.Conditions)
		}
		w.sim.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, 20) })
		w.job.Portfolio, cut.down = load(t, "domain \"example.org\" {\n}\n"), false
		w.planned()
		w.job.Portfolio, cut.down = declared, true
		if r, _ := w.job.Apply(t.Context(), job.ApplyOptions{}); endangeredIn(r, "example.net") == nil {
			t.Errorf("a plan of other files has it forgotten: %+v", r.Conditions)
		}
	})
}
