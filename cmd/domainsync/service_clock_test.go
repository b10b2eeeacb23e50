package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// dated is a service whose Date somebody moves on the way: nil, and it has none.
type dated struct {
	service http.RoundTripper
	by      *time.Duration
}

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.service.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if resp.Header.Del("Date"); d.by != nil && err == nil {
		resp.Header.Set("Date", at.Add(*d.by).Format(http.TimeFormat))
	}
	return resp, nil
}

// A timedAccount is a directory of files, and an account in a bubble.
type timedAccount struct {
	t   *testing.T
	dir string
	sim *simulator.Simulator
}

func newTimedAccount(t *testing.T, files string, d snapshot.Domain) *timedAccount {
	t.Helper()
	a := &timedAccount{t: t, dir: t.TempDir(), sim: simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{Domains: []snapshot.Domain{d}}})}
	writeText(t, filepath.Join(a.dir, "main.hcl"), files)
	return a
}

// run executes a command against the account, whose Date is moved.
func (a *timedAccount) run(by *time.Duration, args ...string) outcome {
	a.t.Helper()
	return hereOver(a.t, dated{a.sim.Transport(), by}, append([]string{"--dir", a.dir, "--endpoint", "https://domain.example"}, args...)...)
}

// inBubbles listens for signals outside of the bubbles that follow: the process
// does so once.
func inBubbles(t *testing.T) {
	t.Helper()
	here(t, "plan", "--dir", t.TempDir(), "--endpoint", "https://domain.example")
}

const (
	twoDays = 48 * time.Hour
	year    = 365 * 24 * time.Hour
)

// TestHoldsByTheServicesClock: a hold opens by the service's time, not by this
// machine's; but where the two are far apart, not before somebody has said which
// one is right.
func TestHoldsByTheServicesClock(t *testing.T) {
	t.Parallel()
	inBubbles(t)
	yes, no := "1 changed", "held"
	hour, days, back := 2*time.Minute, twoDays, -twoDays
	for _, test := range []struct {
		name  string
		moved time.Duration  // of the account, which the Date follows
		by    *time.Duration // how the Date lies; nil: there is none
		flags []string
		want  string
		warns bool
	}{
		{"the time has not come", 0, new(time.Duration), nil, no, false},
		{"it has come there", 0, &hour, nil, no, false},
		{"it comes in a while, and the clocks agree", 0, nil, nil, no, false},
		{"it has come there, which nobody believes", twoDays, new(time.Duration), nil, no, true},
		{"it has come there, and somebody says so", twoDays, new(time.Duration), []string{"--service-clock"}, yes, true},
		{"a Date lies", 0, &days, nil, no, true},
		{"a Date is old", 0, &back, nil, no, true},
		{"there is no Date", twoDays, nil, nil, no, false},
		{"there is no Date to believe", twoDays, nil, []string{"--service-clock"}, no, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newTimedAccount(t, `
domain "example.com" {
  transfer_lock = true
}

hold "for-a-day" {
  names  = ["example.com"]
  until  = "2000-01-02"
  reason = "not yet"
}
`, snapshot.Domain{Name: "example.com", Expires: time.Now().Add(year)})
				if err := a.sim.MoveClock(test.moved); err != nil {
					t.Fatal(err)
				}
				out := a.run(test.by, append([]string{"plan"}, test.flags...)...).want(t, exitDone)
				if held := strings.Contains(out.stdout, "held"); held != (test.want == no) {
					t.Errorf("the plan is\n%s", out.stdout)
				}
				said := strings.Count(out.stderr, "local=2000-01-01") == 1 && strings.Count(out.stderr, "service=") == 1
				if said != test.warns {
					t.Errorf("it says:\n%s", out.stderr)
				}
			})
		})
	}
}

// TestWaitsBeginByTheLaterClock: what a run sees by a Date of long ago is not
// taken to have been so for as long, when the clocks agree again.
func TestWaitsBeginByTheLaterClock(t *testing.T) {
	t.Parallel()
	inBubbles(t)
	old, week := snapshot.DSRecord{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AA", 32)}, -7*24*time.Hour
	declared := snapshot.DSRecord{KeyTag: 60485, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("BB", 32)}
	synctest.Test(t, func(t *testing.T) {
		a := newTimedAccount(t, `
domain "example.com" {
  ds_records = [{ key_tag = 60485, algorithm = 13, digest_type = 2, digest = "`+declared.Digest+`" }]
}
`, snapshot.Domain{Name: "example.com", Expires: time.Now().Add(year), DSRecords: []snapshot.DSRecord{old, declared}})
		records := func() int { return len(a.sim.State().Domain("example.com").DSRecords) }
		apply := []string{"apply", "--auto-approve"}
		a.run(&week, apply...).want(t, exitDone)
		time.Sleep(time.Hour)
		if a.run(new(time.Duration), apply...).want(t, exitDone); records() != 2 {
			t.Error("the old record went an hour after the new one was seen")
		}
		time.Sleep(twoDays)
		if a.run(new(time.Duration), apply...).want(t, exitDone); records() != 1 {
			t.Error("the old record stays for ever")
		}
	})
}

// TestMoneyByTheServicesClock: nothing is ordered where the clocks are apart and
// nobody says which one is right, and the reason has both times.
func TestMoneyByTheServicesClock(t *testing.T) {
	t.Parallel()
	inBubbles(t)
	days, back := twoDays, -twoDays
	for _, test := range []struct {
		name    string
		by      *time.Duration
		flags   []string
		ordered bool
		why     string
	}{
		{"they agree", new(time.Duration), nil, true, ""},
		{"ahead", &days, nil, false, "the local clock (2000-01-01 00:00:"},
		{"behind", &back, nil, false, "off the service's (1999-12-30 00:00:"},
		{"ahead, and right", &days, []string{"--service-clock"}, true, ""},
		{"behind, and right", &back, []string{"--service-clock"}, true, ""},
		{"none", nil, nil, false, "it is not known how far"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newTimedAccount(t, `
domain "example.com" {
  renewal = { min_days_left = 60 }
}

budget {
  amount   = 100
  currency = "USD"
}

prices {
  com = { renew = 11 }
}
`, snapshot.Domain{Name: "example.com", Expires: time.Now().AddDate(0, 0, 30)})
				out := a.run(test.by, append([]string{"apply", "--auto-approve=money"}, test.flags...)...)
				if ordered := len(a.sim.Purchases()) == 1; ordered != test.ordered || (out.code == exitDone) != test.ordered || !strings.Contains(out.stdout, test.why) {
					t.Errorf("exit code %d, %d orders\n%s%s", out.code, len(a.sim.Purchases()), out.stdout, out.stderr)
				}
			})
		})
	}
}

// TestSavedPlansByTheServicesClock: a plan that is old there is old.
func TestSavedPlansByTheServicesClock(t *testing.T) {
	t.Parallel()
	inBubbles(t)
	synctest.Test(t, func(t *testing.T) {
		a := newTimedAccount(t, "domain \"example.com\" {\n  transfer_lock = true\n}\n", snapshot.Domain{Name: "example.com", Expires: time.Now().Add(year)})
		file := filepath.Join(a.dir, "plan.json")
		a.run(new(time.Duration), "plan", "--out", file).want(t, exitDone)
		if err := a.sim.MoveClock(25 * time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, flags := range [][]string{{}, {"--service-clock"}} {
			out := a.run(new(time.Duration), append([]string{"apply", file}, flags...)...).want(t, exitError)
			if !strings.Contains(out.stderr, "old") {
				t.Errorf("with %v it says %s", flags, out.stderr)
			}
		}
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	})
}
