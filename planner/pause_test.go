package planner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// paused is a pause by ada of names that patterns select.
func paused(t *testing.T, p planner.Pause, patterns ...string) planner.Pause {
	t.Helper()
	names, err := planner.Select(patterns)
	if err != nil {
		t.Fatal(err)
	}
	p.Names, p.By = names, "ada@host"
	return p
}

// TestPauses: a pause holds back what it names, as a hold block does, and nothing
// else; the longest says why.
func TestPauses(t *testing.T) {
	t.Parallel()
	in := func(hour int) time.Time { return readAt.Add(time.Duration(hour) * time.Hour) }
	form := func(hour int) string { return in(hour).UTC().Format("2006-01-02 15:04 MST") }
	for title, test := range map[string]struct {
		pauses []planner.Pause
		hold   int // hours that a hold block of a.com lasts
		want   [4]string
		reason string // of the first change
	}{
		"none":               {want: [4]string{"ready", "ready", "ready", "ready"}},
		"of everything":      {pauses: []planner.Pause{paused(t, planner.Pause{Reason: "why"})}, want: [4]string{"held", "ready", "held", "ready"}, reason: "paused by ada on host: why"},
		"with money":         {pauses: []planner.Pause{paused(t, planner.Pause{Money: true})}, want: [4]string{"held", "held", "held", "held"}},
		"of a name":          {pauses: []planner.Pause{paused(t, planner.Pause{Until: in(2)}, "A.com")}, want: [4]string{"held", "ready", "ready", "ready"}, reason: "paused until " + form(2) + " by ada on host"},
		"of an attribute":    {pauses: []planner.Pause{paused(t, planner.Pause{Attributes: []string{"renewal"}, Money: true}, "*.com")}, want: [4]string{"ready", "held", "ready", "held"}},
		"of money, unasked":  {pauses: []planner.Pause{paused(t, planner.Pause{Attributes: []string{"renewal"}})}, want: [4]string{"ready", "ready", "ready", "ready"}},
		"over":               {pauses: []planner.Pause{paused(t, planner.Pause{Until: readAt})}, want: [4]string{"ready", "ready", "ready", "ready"}},
		"several":            {pauses: []planner.Pause{paused(t, planner.Pause{Until: in(2)}), paused(t, planner.Pause{Until: in(5)}), paused(t, planner.Pause{Until: in(3)})}, want: [4]string{"held", "ready", "held", "ready"}, reason: "paused until " + form(5) + " by ada on host"},
		"and a hold":         {pauses: []planner.Pause{paused(t, planner.Pause{Until: in(2)})}, hold: 3, want: [4]string{"held", "held", "held", "ready"}, reason: `held until ` + form(3) + ` by hold "h"`},
		"longer than a hold": {pauses: []planner.Pause{paused(t, planner.Pause{})}, hold: 3, want: [4]string{"held", "held", "held", "ready"}, reason: "paused by ada on host"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			input := shared(nil)
			input.History.Memory, input.History.Pauses = planner.Memory{}, test.pauses
			if test.hold > 0 {
				input.Portfolio.Holds = []config.Hold{{Label: "h", Names: []string{"a.com"}, Until: in(test.hold)}}
			}
			plan := planner.Diff(input)
			want := make([]string, 4)
			for i, id := range []string{"a.com/nameservers", "a.com/renewal", "b.com/nameservers", "b.com/renewal"} {
				want[i] = fmt.Sprint(id, ": ", test.want[i])
			}
			if diff := cmp.Diff(want, statuses(plan)); diff != "" {
				t.Error(diff)
			}
			if got := plan.Changes[0].Reason; test.reason != "" && got != test.reason {
				t.Errorf("the reason is %q, not %q", got, test.reason)
			}
		})
	}
}

// TestPauseOfAnAttribute: where a pause is of some attributes of a name alone, what
// would be in their way is held back with them, and no lock is opened for them.
func TestPauseOfAnAttribute(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		locked     wire.LockStatus
		declared   attr.Value
		attributes []string
		want       []string
	}{
		"the lock would close":  {wire.LockOff, attr.Bool(true), []string{"nameservers"}, []string{"a.com/nameservers: held", "a.com/update_lock: held"}},
		"the lock is opened":    {wire.LockOn, attr.Bool(false), []string{"update_lock"}, []string{"a.com/nameservers: held", "a.com/update_lock: held"}},
		"what needs it open":    {wire.LockOn, attr.Bool(false), []string{"nameservers"}, []string{"a.com/nameservers: held", "a.com/update_lock: ready"}},
		"both, by their names":  {wire.LockOn, attr.Bool(false), []string{"nameservers", "update_lock"}, []string{"a.com/nameservers: held", "a.com/update_lock: held"}},
		"another one, not here": {wire.LockOn, attr.Bool(false), []string{"privacy"}, []string{"a.com/nameservers: ready", "a.com/update_lock: ready"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p, state := portfolio(), account()
			p.Domains = append(p.Domains, declare("a.com", map[string]attr.Value{"nameservers": hosts("ns1.example.net", "ns2.example.net"), "update_lock": test.declared}))
			d := live("a.com", "ns0.example.net")
			d.UpdateLock, d.DSRecords = test.locked, []snapshot.DSRecord{}
			state.Domains = append(state.Domains, d)
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state, History: planner.History{
				Pauses: []planner.Pause{paused(t, planner.Pause{Attributes: test.attributes, Reason: "why"})},
			}})
			if diff := cmp.Diff(test.want, statuses(plan)); diff != "" {
				t.Error(diff)
			}
			for c := range plan.Differences() {
				if c.Status == attr.Held && !strings.Contains(c.Reason, "why") {
					t.Errorf("%s is held, and its reason is %q", c.ID, c.Reason)
				}
			}
		})
	}
}
