package job_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
)

// place keeps what people are told.
type place struct {
	told []string
	full []job.Notification
	down bool
}

func (p *place) ID() string   { return "place" }
func (p *place) Name() string { return "PLACE" }

func (p *place) Notify(_ context.Context, _ string, all []job.Notification) error {
	if p.down {
		return errors.New("not now")
	}
	p.told, p.full = append(p.told, said(all)), append(p.full, all...)
	return nil
}

// TestPeopleAreTold: a failed change is told with its reason and without the person in
// it, also after the message could not be delivered, which makes the run red.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{
			{Kind: simulator.FailDetail, Names: []string{"example.net"}, Message: "refused for ada@example.org", Count: 4},
		}}}, "example.com", "example.net")
		p := &place{down: true}
		w.job.Notifiers = []job.Notifier{p}
		r := w.apply(job.ApplyOptions{})
		first, _ := condition(r, "undelivered")
		if n := len(r.Conditions); n != 2 || r.Conditions[1].ID != "undelivered" {
			t.Errorf("the conditions are %+v", r.Conditions)
		}
		time.Sleep(24 * time.Hour)
		if c, _ := condition(w.apply(job.ApplyOptions{}), "undelivered"); first.Since.IsZero() || c.Since.After(first.Since.Add(time.Minute)) {
			t.Errorf("it does not arrive since %v, and the next run says since %v", first.Since, c.Since)
		}
		p.down = false
		w.apply(job.ApplyOptions{})
		w.apply(job.ApplyOptions{})
		w.apply(job.ApplyOptions{})
		if got := strings.Join(p.told, "; "); got != "begins failed:example.net; ends failed:example.net" {
			t.Errorf("told is %s", got)
		}
		if reason := p.full[0].Reason; strings.Contains(reason, "ada@example.org") || !strings.Contains(reason, "refused for") {
			t.Errorf("the reason is %q", reason)
		}
	})
}
