package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/planner"
)

const endpoint = "https://domain.example"

// A world is a job on a simulated account, of which every event is kept.
type world struct {
	t      *testing.T
	sim    *simulator.Simulator
	job    *job.Job
	events []job.Event
	text   bytes.Buffer // of golden runs
	err    error        // with which the last one ended
	failOn []job.Severity
}

// newWorld returns a job with these files on an account with these names.
func newWorld(t *testing.T, text string, o simulator.Options, names ...string) *world {
	t.Helper()
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	for _, name := range names {
		account.Domains = append(account.Domains, snapshot.Domain{
			Name: name, Nameservers: []string{"ns0.example.net"}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
			Expires: time.Now().AddDate(2, 0, 0),
		})
	}
	o.Account = account
	return newWorldOf(t, text, o)
}

// newWorldOf returns a job with these files on a simulated account.
func newWorldOf(t *testing.T, text string, o simulator.Options) *world {
	t.Helper()
	o.Seed = 1
	w := &world{t: t, sim: simulator.New(o)}
	w.job = &job.Job{
		Name: "corp", Portfolio: load(t, text), Service: clientOf(t, apiclient.Config{Transport: apart{w.sim.Transport()}}), Endpoint: endpoint, Version: "test",
		Journal: job.InState("memory", inMemory()),
		Events:  func(e job.Event) { w.events = append(w.events, e) },
	}
	return w
}

// inMemory are the options of a new state that lies in memory, whatever its name is.
func inMemory() journal.Options { return journal.Options{Memory: new(memory.States)} }

// clientOf returns a client of the simulated service.
func clientOf(t *testing.T, c apiclient.Config) *apiclient.Client {
	t.Helper()
	c.Endpoint, c.Credentials = endpoint, apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}
	client, err := apiclient.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// apart is a network on which no two requests take equally long, so that what is
// sent at the same time arrives in the same order, however often it is played.
type apart struct{ http.RoundTripper }

func (a apart) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	params, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	for _, each := range []string{"SignatureNonce", "Timestamp", "Signature"} {
		params.Del(each)
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, params.Encode()) // a hash takes everything
	select {
	case <-time.After(time.Duration(h.Sum32()%200_000) * time.Microsecond):
		return a.RoundTripper.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// mainFile returns a directory with one file.
func mainFile(text string) fs.FS {
	return fstest.MapFS{"main.hcl": &fstest.MapFile{Data: []byte(text), Mode: fs.ModePerm}}
}

// load reads a portfolio from one file.
func load(t *testing.T, text string) *config.Portfolio {
	t.Helper()
	p, diags := config.LoadFS(mainFile(text), config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

func (w *world) apply(o job.ApplyOptions) *job.Result {
	w.t.Helper()
	if o.Accept.FailOn == nil {
		o.Accept.FailOn = w.failOn
	}
	r, err := w.job.Apply(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// kinds are the names of the events but of those that say how far something is.
func (w *world) kinds() string {
	var all []string
	for _, e := range w.events {
		if e.Number > 0 {
			all = append(all, e.Kind())
		}
	}
	return strings.Join(all, " ")
}

const locked = `
domain "example.com" {
  transfer_lock = true
}

domain "example.net" {
  transfer_lock = true
}
`

func TestApply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
		r := w.apply(job.ApplyOptions{})
		if len(r.Reasons) != 0 || r.Report.Counts[string(executor.Verified)] != 2 || !w.sim.State().Domain("example.com").TransferLock.On() {
			t.Errorf("%+v", r)
		}
		if got, want := w.kinds(), "began settled foreseen read planned approved foreseen executing submitted result verified executed ended"; got != want {
			t.Errorf("the events are\n%s, want\n%s", got, want)
		}
		for i, e := range slices.DeleteFunc(slices.Clone(w.events), func(e job.Event) bool { return e.Number == 0 }) {
			if e.Number != i+1 || e.Job != "corp" || e.Time.IsZero() {
				t.Errorf("event %d is %+v", i+1, e)
			}
		}
		w.events = nil
		r = w.apply(job.ApplyOptions{})
		if got, want := w.kinds(), "began settled foreseen read planned executed ended"; got != want || len(r.Reasons) != 0 {
			t.Errorf("the second time there is nothing to do, and %v, events\n%s, want\n%s", r.Reasons, got, want)
		}
	})
}

func TestApplyNeedsApproval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
		no := errors.New("not approved")
		w.job.Approve = func(_ context.Context, p *planner.Plan) (string, error) {
			if p.Summary.Changed != 2 {
				t.Errorf("asked about %+v", p.Summary)
			}
			return "", no
		}
		r, err := w.job.Apply(t.Context(), job.ApplyOptions{})
		if !errors.Is(err, no) || r.Report != nil || len(r.Reasons) != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		if got, want := w.kinds(), "began settled foreseen read planned awaiting_approval refused ended"; got != want {
			t.Errorf("the events are\n%s, want\n%s", got, want)
		}
		for operation := range w.sim.Stats() {
			if strings.HasPrefix(operation, "Save") {
				t.Errorf("%s was called", operation)
			}
		}
	})
}

// TestNothingUnseenIsExecuted: a plan that could not be shown is not executed,
// whether it is the run's or that of what follows, though all are approved.
func TestNothingUnseenIsExecuted(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("../../testdata/run/what_follows.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"planned": "began settled foreseen read planned refused ended",
		"follow_planned": "began settled foreseen read planned approved foreseen executing result verified executed " +
			"settled read follow_planned ended",
	} {
		play(t, archive, simulator.Options{}, func(t *testing.T, w *world) {
			broken := errors.New("broken pipe")
			w.job.Shown = func() error {
				if w.events[len(w.events)-1].Kind() == kind {
					return broken
				}
				return nil
			}
			if _, err := w.job.Apply(t.Context(), job.ApplyOptions{}); !errors.Is(err, broken) {
				t.Errorf("%s is not shown, and the run ends with %v", kind, err)
			}
			if got := w.kinds(); got != want {
				t.Errorf("%s is not shown, and the events are\n%s, want\n%s", kind, got, want)
			}
		})
	}
}

// TestReadingTakesNoTimeOfTheService: how long the account is read does not hold
// how far the clocks are apart, which the first answer tells meanwhile.
func TestReadingTakesNoTimeOfTheService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
		w.job.Clock = w.job.Service.ServiceClock().Clock()
		const ahead = 4 * time.Minute
		if err := w.sim.MoveClock(ahead); err != nil {
			t.Fatal(err)
		}
		if _, err := w.job.Plan(t.Context(), job.PlanOptions{}); err != nil {
			t.Fatal(err)
		}
		took := 0.
		for _, e := range w.events {
			if d, ok := e.Details.(job.Read); ok {
				took = d.Seconds
			}
		}
		if took <= 0 || took >= ahead.Seconds() {
			t.Errorf("reading took %v seconds", took)
		}
	})
}

// TestInterruptedWhileReading: nothing is planned, sent or recorded, and the next
// run begins anew.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
		stop := make(chan struct{})
		w.job.Stop = stop
		time.AfterFunc(350*time.Millisecond, func() { close(stop) })
		r, err := w.job.Apply(t.Context(), job.ApplyOptions{})
		if !errors.Is(err, job.ErrInterrupted) || r.Plan != nil || r.Report != nil {
			t.Errorf("%+v, %v", r, err)
		}
		if got, want := w.kinds(), "began settled foreseen ended"; got != want {
			t.Errorf("the events are\n%s, want\n%s", got, want)
		}
		w.job.Stop = nil
		if r := w.apply(job.ApplyOptions{}); r.Settled != nil || len(r.Reasons) != 0 {
			t.Errorf("the next run: %+v", r)
		}
	})
}

func TestReasons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com")
		plan := func(o job.PlanOptions) string {
			r, err := w.job.Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(r.Reasons)
		}
		if got := plan(job.PlanOptions{}); got != "[failed pending]" {
			t.Errorf("a name is missing and one is to be changed: %s", got)
		}
		if got := plan(job.PlanOptions{Accept: job.Acceptance{Known: func(name, attribute string) bool { return name == "example.net" && attribute == "" }}}); got != "[pending]" {
			t.Errorf("the missing name is known: %s", got)
		}
		if r := w.apply(job.ApplyOptions{}); fmt.Sprint(r.Reasons) != "[failed]" {
			t.Errorf("the name is still missing: %v", r.Reasons)
		}
	})
}

// TestWhatFollowSettlesIsInTheResult: an order that the run has left behind has
// failed when it is looked at once more, before what follows is planned. The
// report says so, and it is a reason for which the run did not end well.
func TestWhatFollowSettlesIsInTheResult(t *testing.T) {
	t.Parallel()
	play(t, withRenewal(t), simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.Slow, Names: []string{"example.net"}, Wait: simulator.Range{Min: 20 * time.Minute, Max: 20 * time.Minute}},
		{Kind: simulator.FailDetail, Names: []string{"example.net"}, Message: "the registry refused it"},
	}}}, func(t *testing.T, w *world) {
		w.job.Events = func(e job.Event) {
			w.events = append(w.events, e)
			if x, ok := e.Details.(job.Executed); ok && x.Report.Counts[string(executor.Waiting)] > 0 {
				time.Sleep(time.Hour) // the order ends meanwhile
			}
		}
		r := w.apply(job.ApplyOptions{})
		if len(r.Follow) != 1 {
			t.Errorf("%d plans followed", len(r.Follow))
		}
		if got := fmt.Sprint(r.Reasons); got != "[failed]" {
			t.Errorf("the reasons are %s", got)
		}
		at := slices.IndexFunc(r.Report.Changes, func(c executor.ChangeReport) bool { return c.ID == "example.net/renewal" })
		if c := r.Report.Changes[at]; c.Result != executor.Failed || c.Message != "the registry refused it" || r.Report.Counts[string(executor.Failed)] != 1 || r.Report.Counts[string(executor.Waiting)] != 0 {
			t.Errorf("the order is %+v, among %v", c, r.Report.Counts)
		}
	})
}

// withRenewal is an account in which something follows a change, and a name that is
// to be renewed.
func withRenewal(t *testing.T) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile("../../testdata/run/what_follows.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := member(archive, "main.hcl")
	files.Data = slices.Concat(files.Data, []byte(renewal))
	live := member(archive, "live.json")
	live.Data = bytes.Replace(live.Data, []byte("\n],\n\"profiles\""), []byte(`,
{"name": "example.net", "instance_id": "S2", "expires": "2000-02-20T00:00:00Z", "transfer_lock": "CLOSE", "update_lock": "CLOSE"}
],
"profiles"`), 1)
	return archive
}

// renewal has a name renewed.
const renewal = `
budget {
  amount   = 100
  currency = "USD"
  per      = "month"
}

prices {
  net = { renew = 11 }
}

domain "example.net" {
  renewal = { min_days_left = 60, years = 1 }
}
`

// TestInterruptedWhileAnOrderIsUnderWay: whoever interrupts a run that waits for an
// order has to resume it. One that has waited for as long as runs do has ended.
func TestInterruptedWhileAnOrderIsUnderWay(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{5 * time.Minute: "[open]", 0: "[]"} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			archive := withRenewal(t)
			member(archive, "main.hcl").Data = []byte(renewal)
			play(t, archive, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{
				{Kind: simulator.Slow, Names: []string{"example.net"}, Wait: simulator.Range{Min: time.Hour, Max: time.Hour}},
			}}}, func(t *testing.T, w *world) {
				stop := make(chan struct{})
				if w.job.Stop = stop; after > 0 {
					time.AfterFunc(after, func() { close(stop) })
				}
				r := w.apply(job.ApplyOptions{})
				if got := fmt.Sprint(r.Reasons); got != want || r.Report.Counts[string(executor.Waiting)] != 1 {
					t.Errorf("the reasons are %s, want %s: %v", got, want, r.Report.Counts)
				}
				time.Sleep(2 * time.Hour)
				w.job.Stop = nil
				if r := w.apply(job.ApplyOptions{}); len(r.Reasons) != 0 || r.Settled.Counts[string(executor.Verified)] == 0 {
					t.Errorf("the next run: %v, %+v", r.Reasons, r.Settled)
				}
			})
		})
	}
}
