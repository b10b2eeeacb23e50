package job_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// place keeps what people are told.
type place struct {
	id   string
	told []string
	full []job.Notification
	down bool
}

func (p *place) ID() string   { return "place" + p.id }
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

// remember records in a state what people at a place know.
func remember(t *testing.T, state, place, known string) {
	t.Helper()
	j, err := journal.Open(t.Context(), state, journal.Options{Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.RecordTold(t.Context(), place, []byte(known), time.Now()), j.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestAllPlacesAreToldOfALostState: where nothing can be recorded any more, people at
// each place are told of it, and the run says so once; where another process has the
// account, nobody is told twice.
func TestAllPlacesAreToldOfALostState(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	for what, test := range map[string]struct {
		dies string // the first point that does
		err  error
		told []int
		odd  string // the place whose memory nobody can read
	}{
		"in the run":            {"the run: before", full, []int{1, 1, 1}, ""},
		"in the first message":  {"what was told: before", full, []int{1, 1, 1}, ""},
		"to somebody else":      {"what was told: before", &journal.FencedError{}, []int{1, 0, 0}, ""},
		"after another mistake": {"what was told: before", &journal.FencedError{}, []int{0, 1, 0}, "1"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, locked, simulator.Options{Faults: simulator.Faults{Rules: refusedAlways("example.net")}}, "example.com", "example.net")
				state := t.TempDir()
				if test.odd != "" {
					remember(t, state, (&place{id: test.odd}).ID(), "no memory")
				}
				w.job.Journal = job.InState(state, journal.Options{Hook: func(point string) error {
					if point == test.dies {
						return test.err
					}
					return nil
				}})
				places := []*place{{id: "1"}, {id: "2"}, {id: "3"}}
				w.job.Notifiers = []job.Notifier{places[0], places[1], places[2]}
				_, err := w.job.Apply(t.Context(), job.ApplyOptions{})
				if !errors.Is(err, test.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("it ended with %v", err)
				}
				if got := []int{len(places[0].told), len(places[1].told), len(places[2].told)}; !slices.Equal(got, test.told) {
					t.Errorf("so many messages came: %v, want %v", got, test.told)
				}
			})
		})
	}
}

// TestLabelsInNotificationsNameNoPerson: what people are told by the labels of a name is
// masked as all else is, also where a label is the name of a person of the plan and no
// e-mail address.
func TestLabelsInNotificationsNameNoPerson(t *testing.T) {
	t.Parallel()
	const files = `
contact "ada" {
  name  = "Ada Example"
  email = "ada@example.org"
}

domain "example.com" {
  labels = { owner = "Ada Example", deputy = "bob@example.org", team = "web" }
  admin  = contact.ada
  hosts  = { ns1 = ["192.0.2.1"] }
}
`
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, files, simulator.Options{Faults: simulator.Faults{Rules: refusedAlways("example.com")}}, "example.com")
		p := new(place)
		w.job.Notifiers = []job.Notifier{p}
		w.apply(job.ApplyOptions{})
		if len(p.full) == 0 {
			t.Fatal("nobody was told anything")
		}
		for _, n := range p.full {
			if text := n.Labels.String(); n.Domain != "" && (strings.Contains(text, "Ada Example") || strings.Contains(text, "bob@") || !strings.Contains(text, "team=web")) {
				t.Errorf("of %s it is told with the labels %s", n.ID, text)
			}
		}
	})
}
