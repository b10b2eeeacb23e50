//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/fleet"
)

// meteredService passes calls on to the account whose key they are signed with, and keeps
// what it sees of them.
type meteredService struct {
	accounts map[string]*meteredAccount // by key
}

type meteredAccount struct {
	sim   *simulator.Simulator
	mu    sync.Mutex
	calls []servedCall // as they came
}

// servedCall is a call as the service sees it.
type servedCall struct {
	came      time.Time
	run       int64 // that it names; 0: none
	operation string
	signed    string // when, to the second
}

func (c *servedCall) String() string {
	return fmt.Sprintf("%s of run %d at %s", c.operation, c.run, c.came.Format("15:04:05.000"))
}

// writes reports whether a call changes something. One that nobody knows may.
func (c *servedCall) writes() bool {
	o := wire.Lookup(c.operation)
	return o == nil || o.Access == wire.Write
}

func (s *meteredService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	form, err := url.ParseQuery(string(body))
	a := s.accounts[form.Get("AccessKeyId")]
	if err != nil || a == nil {
		http.Error(w, "no such key", http.StatusForbidden)
		return
	}
	a.note(form, r.UserAgent())
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.sim.Handler().ServeHTTP(w, r)
}

func (a *meteredAccount) note(form url.Values, agent string) {
	c := servedCall{operation: form.Get("Action"), signed: form.Get("Timestamp")}
	_, run, _ := strings.Cut(agent, " ")
	_, _ = fmt.Sscanf(run, "(run %d)", &c.run) // none: 0
	a.mu.Lock()
	defer a.mu.Unlock()
	c.came = time.Now()
	a.calls = append(a.calls, c)
}

// seen returns the calls that have come.
func (a *meteredAccount) seen() []servedCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// oneWriter wants what an account was told to change to come from one run after the other,
// and from none that only looks. Runs that apply are given by their numbers, which grow.
func oneWriter(calls []servedCall, applies map[int64]fleet.Run) (problems []string) {
	latest := int64(0)
	for i := range calls {
		c := &calls[i]
		if !c.writes() {
			continue
		}
		if _, may := applies[c.run]; !may {
			problems = append(problems, fmt.Sprintf("%s came of no run that applies", c))
			continue
		}
		if c.run < latest {
			problems = append(problems, fmt.Sprintf("%s came when run %d had written already", c, latest))
		}
		latest = max(latest, c.run)
	}
	return problems
}

// A relief is when a process could go on that could not before.
type relief struct {
	at     time.Time
	holder string // the process; "": all
}

// noneLingers wants no call of a run that has ended. One that was lost may go on for a
// while: from then on, or from when its process could do something again.
func noneLingers(calls []servedCall, runs map[int64]fleet.Run, reliefs []relief, while time.Duration) (problems []string) {
	for i := range calls {
		c := &calls[i]
		r, known := runs[c.run]
		switch {
		case !known:
			problems = append(problems, fmt.Sprintf("%s came of no run of the account", c))
		case r.Ended.IsZero() || !c.came.After(r.Ended):
		case r.Reason == fleet.ReasonLost && isRelieved(c, &r, reliefs, while):
		default:
			problems = append(problems, fmt.Sprintf("%s came though the run ended at %s: %s", c, r.Ended.Local().Format("15:04:05.000"), r.Reason))
		}
	}
	return problems
}

func isRelieved(c *servedCall, r *fleet.Run, reliefs []relief, while time.Duration) bool {
	return slices.ContainsFunc(append(slices.Clone(reliefs), relief{at: r.Ended}), func(l relief) bool {
		after := c.came.Sub(l.at)
		return strings.HasPrefix(r.Holder, l.holder) && after >= 0 && after <= while
	})
}

// withinLimits wants no more calls of an operation in a second than the limit, and one
// that was stopped just before it was signed. A second is that in which they were signed:
// the machine of the test may be too busy to take them when they come.
func withinLimits(calls []servedCall, limit int) (problems []string) {
	for second, n := range bySecond(calls) {
		if n > limit+1 {
			problems = append(problems, fmt.Sprintf("%s was called %d times in the second %s, the limit is %d", second.operation, n, second.signed, limit))
		}
	}
	return problems
}

// callsOfSecond are those of an operation that were signed in a second.
type callsOfSecond struct{ operation, signed string }

func bySecond(calls []servedCall) map[callsOfSecond]int {
	seconds := make(map[callsOfSecond]int)
	for i := range calls {
		seconds[callsOfSecond{calls[i].operation, calls[i].signed}]++
	}
	return seconds
}

// TestServedCallsAreJudged shows the judges of a fleet's calls what they must find.
func TestServedCallsAreJudged(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	call := func(seconds int, run int64, operation string) servedCall {
		return servedCall{came: at(seconds), run: run, operation: operation, signed: at(seconds).Format(time.RFC3339)}
	}
	const write, read = "SaveBatchTaskForModifyingDomainDns", "QueryDomainByDomainName"
	applies := map[int64]fleet.Run{
		1: {Ended: at(10), Holder: "a@host", Outcome: fleet.Outcome{Reason: fleet.ReasonLost}},
		3: {Ended: at(20), Holder: "b@host"},
		4: {Holder: "b@host"},
	}
	runs := map[int64]fleet.Run{1: applies[1], 2: {Ended: at(5), Holder: "b@host"}, 3: applies[3], 4: applies[4]}
	for name, test := range map[string]struct {
		calls []servedCall
		want  string // "": nothing
	}{
		"one after the other":       {[]servedCall{call(1, 1, write), call(2, 2, read), call(3, 1, write), call(12, 3, write), call(22, 4, write)}, ""},
		"between two of another":    {[]servedCall{call(11, 3, write), call(12, 1, write)}, "when run 3 had written already"},
		"an acknowledgement, too":   {[]servedCall{call(11, 3, write), call(12, 1, "AcknowledgeTaskResult")}, "when run 3 had written already"},
		"an order, too":             {[]servedCall{call(11, 3, write), call(12, 1, "SaveSingleTaskForCreatingOrderRenew")}, "when run 3 had written already"},
		"a plan writes":             {[]servedCall{call(1, 2, write)}, "of no run that applies"},
		"nobody knows the sender":   {[]servedCall{call(1, 0, read)}, "of no run of the account"},
		"a lost run reads a while":  {[]servedCall{call(13, 1, read)}, ""},
		"a lost run reads for long": {[]servedCall{call(15, 1, read)}, "though the run ended"},
		"it was stopped until then": {[]servedCall{call(31, 1, read)}, ""},
		"it goes on for long":       {[]servedCall{call(36, 1, read)}, "though the run ended"},
		"another was stopped":       {[]servedCall{call(51, 1, read)}, "though the run ended"},
		"a run that ended well":     {[]servedCall{call(21, 3, read)}, "though the run ended"},
		"eight in a second":         {slices.Repeat([]servedCall{call(1, 1, read)}, 8), "8 times in the second"},
	} {
		reliefs := []relief{{at(30), "a@"}, {at(50), "b@"}}
		problems := slices.Concat(oneWriter(test.calls, applies), noneLingers(test.calls, runs, reliefs, 4*time.Second), withinLimits(test.calls, 6))
		if got := strings.Join(problems, "\n"); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
