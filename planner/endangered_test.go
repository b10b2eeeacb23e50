package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

var renewed = map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1}}

// ending is an input of a.com, which ends in so many days and whose renewal is
// affordable, unless something is done to that.
func ending(days int, happened func(*planner.Input)) planner.Input {
	d := live("a.com", "ns1.example.net")
	d.Expires, d.TransferOut = readAt.AddDate(0, 0, days), wire.TransferOutNormal
	in := planner.Input{Portfolio: portfolio(declare("a.com", renewed)), Live: account(d)}
	in.Portfolio.Alarm = config.DefaultAlarm()
	in.Portfolio.Prices = map[string]attr.Prices{"com": {Renew: new(attr.Amount(1100))}}
	in.Portfolio.Budget = &config.Budget{Amount: 2000, Currency: "USD", Per: config.PerMonth}
	happened(&in)
	return in
}

// endings are all reasons for which nothing keeps a.com, each with words of what a
// person is told.
var endings = map[string]struct {
	happened func(*planner.Input)
	told     string
}{
	"over the budget": {func(in *planner.Input) { in.Portfolio.Budget.Amount = 1000 }, "Raise the budget by 1.00 USD or more."},
	"the budget is out": {func(in *planner.Input) {
		in.History.Purchases = []planner.Purchase{{Change: "b.com/renewal", Amount: 1900, Currency: "USD", At: readAt, Done: true}}
	}, "Raise the budget by 10.00 USD or more."},
	"no budget block": {func(in *planner.Input) { in.Portfolio.Budget = nil }, "State a budget block."},
	"no price": {func(in *planner.Input) {
		in.Portfolio.Prices = nil
		in.Live.Domains[0].Renewal = &snapshot.RenewalPrice{Years: 1, Why: "refused"}
	}, "state it in the prices block"},
	"above max_price": {func(in *planner.Input) {
		in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: attr.Terms{MaxPrice: 500}}})
	}, "Its renewal is blocked: "},
	"held": {func(in *planner.Input) {
		in.Portfolio.Holds = []config.Hold{{Label: "h", Names: []string{"a.com"}, Until: readAt.AddDate(1, 0, 0)}}
	}, `by hold "h". Take it out of what holds it`},
	"paused": {func(in *planner.Input) {
		in.History.Pauses = []planner.Pause{{Money: true, By: "ada@host", Reason: "audit"}}
	}, "paused by ada on host: audit. Take it out of what holds it"},
	"in doubt": {func(in *planner.Input) {
		in.History.InDoubt = map[string]string{"a.com/nameservers": "task 7 has no answer"}
	}, "domainsync resume finds out"},
	"ordered": {func(in *planner.Input) {
		in.History.Ordered = map[string]string{"a.com/renewal": "task 7 has no result yet"}
	}, "task 7 has no result yet. See what it waits for"},
	"not shown yet": {func(in *planner.Input) {
		in.History.Purchases = []planner.Purchase{{Change: "a.com/renewal", Before: attr.Expiry{Time: in.Live.Domains[0].Expires}, Amount: 1, Currency: "USD", At: readAt.AddDate(0, 0, -1), Done: true}}
	}, "the account does not show it yet"},
	"failed before": {func(in *planner.Input) {
		in.History.Purchases = []planner.Purchase{{Change: "a.com/renewal", Before: attr.Expiry{Time: in.Live.Domains[0].Expires}, Currency: "USD", At: readAt.AddDate(0, 0, -1), Failed: true}}
	}, "failed on 2026-11-20 12:00 UTC, and is ordered again."},
	"unapproved":        {func(in *planner.Input) { in.Approval = new(planner.Approval) }, "Add money to --auto-approve"},
	"unread":            {func(in *planner.Input) { in.Live.Domains[0].TransferOut = "" }, "Find out why it is not."},
	"transferred out":   {func(in *planner.Input) { in.Live.Domains[0].TransferOut = wire.TransferOutPending }, "being transferred out"},
	"another target":    {func(in *planner.Input) { in.Only = planner.SelectNames([]string{"b.com"}) }, "leaves its renewal out"},
	"another pattern":   {func(in *planner.Input) { in.Only, _ = planner.Select([]string{"b.com"}) }, "Run without --target."},
	"another attribute": {func(in *planner.Input) { in.Only, _ = planner.Select([]string{"a.com/nameservers"}) }, "Run without --target."},
	"the limit": {func(in *planner.Input) {
		in.Limit = 1
		in.Portfolio.Domains = append([]config.Domain{declare("0.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)})}, in.Portfolio.Domains...)
		in.Live.Domains = append([]snapshot.Domain{live("0.com")}, in.Live.Domains...)
	}, "Run without --limit"},
	"the plan has errors": {func(in *planner.Input) {
		in.Portfolio.Account.Unmanaged = config.RefuseUnmanaged
		in.Live.Domains = append(in.Live.Domains, live("z.com"))
	}, "the plan as a whole is refused"},
	"a guard stops all": {func(in *planner.Input) {
		in.Portfolio.Guard = config.Guard{MaxDelegations: new(0), StopAll: true}
		in.Portfolio.Domains = append(in.Portfolio.Domains, declare("z.com", map[string]attr.Value{"nameservers": hosts("ns2.example.net", "ns3.example.net")}))
		in.Live.Domains = append(in.Live.Domains, live("z.com", "ns1.example.net"))
	}, "the plan as a whole is refused"},
	"nothing declared": {func(in *planner.Input) { in.Portfolio.Domains[0].Declared = nil }, "Declare renewal to have it renewed, or lapse"},
	"due later": {func(in *planner.Input) {
		in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 2, Years: 1}})
	}, "Raise min_days_left to 30 or more, or state expiry_alarm_days = 2."},
	"released": {func(in *planner.Input) { in.Portfolio.Domains, in.History.Declared = nil, []string{"a.com"} }, "or name it in a released block."},
	"released long ago": {func(in *planner.Input) {
		in.Portfolio.Domains, in.History.Declared, in.History.Seen = nil, []string{}, map[string]time.Time{"left the files a.com": readAt.AddDate(-1, 0, 0)}
	}, "or name it in a released block."},
	"to be redeemed": {func(in *planner.Input) { in.Live.Domains[0].Status = wire.NeedsRedemption }, "Declare redemption to have it redeemed"},
	"renewal by the service ends": {func(in *planner.Input) {
		in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"auto_renew": attr.AutoRenew(false)})
		in.Live.Domains[0].AutoRenew, in.Live.Domains[0].InstanceID = new(true), "S1"
	}, "The plan switches off that the service renews it"},
}

// alarmsOf are the threats that a name ends, by the name.
func alarmsOf(all []planner.Threat) map[string]planner.Threat {
	found := make(map[string]planner.Threat)
	for _, x := range all {
		if x.IsEndangered() {
			found[x.Domain] = x
		}
	}
	return found
}

// TestRecheckTellsOfTheLimit: what a limit leaves out of a saved plan is endangered for
// the limit, as in a plan that is made with it.
func TestRecheckTellsOfTheLimit(t *testing.T) {
	t.Parallel()
	test := endings["the limit"]
	in := ending(5, test.happened)
	limit := in.Limit
	in.Limit = 0
	saved := planner.Diff(in)
	in.Limit = limit
	p, stale, _ := planner.Recheck(saved, in)
	if x := alarmsOf(p.Threats)["a.com"]; len(stale) > 0 || !strings.Contains(x.Sentence, test.told) {
		t.Errorf("told %q, stale %v; wanted %q", x.Sentence, stale, test.told)
	}
}

// TestWhatEndangersAName: for each reason for which nothing keeps a name it is
// endangered, the plan says why and what would help, --accept does not end that, and
// lapse does.
func TestWhatEndangersAName(t *testing.T) {
	t.Parallel()
	everything := func(string, string) bool { return true }
	for reason, test := range endings {
		in := ending(5, test.happened)
		p := planner.Diff(in)
		x, ok := alarmsOf(p.Threats)["a.com"]
		if !ok || x.Severity != planner.Page || !x.Deadline.Equal(readAt.AddDate(0, 0, 5)) || !strings.Contains(x.Sentence, test.told) {
			t.Errorf("%s: it is a page: %v, %+v; wanted %q", reason, ok, x, test.told)
		}
		if !p.Threatened(everything) || p.Summary.Endangered != 1 {
			t.Errorf("%s: it can be accepted, or is not counted: %d", reason, p.Summary.Endangered)
		}
		in = ending(5, test.happened)
		in.Portfolio.Domains = slices.DeleteFunc(in.Portfolio.Domains, func(d config.Domain) bool { return d.Name == "a.com" })
		in.Portfolio.Domains = append(in.Portfolio.Domains, declare("a.com", map[string]attr.Value{"lapse": attr.Lapse("sold")}))
		if p := planner.Diff(in); len(alarmsOf(p.Threats)) != 0 {
			t.Errorf("%s: with lapse it is endangered: %+v", reason, p.Threats)
		}
	}
	if p := planner.Diff(ending(5, func(*planner.Input) {})); len(p.Threats) != 0 {
		t.Errorf("a name that is renewed is endangered: %+v", p.Threats)
	}
}

// TestSeverityByTheAlarm: a name that nothing keeps is a notice first, then a ticket,
// then a page, by its own alarm or that of the block; where somebody else looks after
// its end it is counted, and no more.
func TestSeverityByTheAlarm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		days, own int
		block     config.Alarm
		want      planner.ThreatSeverity
	}{
		{61, 0, config.DefaultAlarm(), ""},
		{59, 0, config.DefaultAlarm(), planner.Notice},
		{30, 0, config.DefaultAlarm(), planner.Notice},
		{29, 0, config.DefaultAlarm(), planner.Ticket},
		{7, 0, config.DefaultAlarm(), planner.Ticket},
		{6, 0, config.DefaultAlarm(), planner.Page},
		{-20, 0, config.DefaultAlarm(), planner.Page},
		{89, 90, config.DefaultAlarm(), planner.Ticket},
		{29, 3, config.DefaultAlarm(), planner.Notice},
		{2, 3, config.DefaultAlarm(), planner.Page},
		{44, 0, config.Alarm{PageDays: 14, ExpiryDays: 45}, planner.Ticket},
		{13, 0, config.Alarm{PageDays: 14, ExpiryDays: 45}, planner.Page},
		{0, 0, config.Alarm{ExpiryDays: 10}, planner.Page},
		{1, 0, config.Alarm{ExpiryDays: 10}, planner.Ticket},
		{5, attr.NoExpiryAlarm, config.DefaultAlarm(), ""},
		{-5, attr.NoExpiryAlarm, config.DefaultAlarm(), ""},
	} {
		in := ending(test.days, func(in *planner.Input) {
			in.Portfolio.Domains[0].Declared, in.Portfolio.Domains[0].Settings.ExpiryAlarmDays = nil, test.own
			in.Portfolio.Alarm = test.block
		})
		p := planner.Diff(in)
		got := planner.ThreatSeverity("")
		if len(p.Threats) > 0 {
			got = p.Threats[0].Severity
		}
		if unwatched := test.own == attr.NoExpiryAlarm; got != test.want || (p.Summary.Unwatched == 1) != unwatched {
			t.Errorf("%d days, own %d, block %+v: %q, counted %d", test.days, test.own, test.block, got, p.Summary.Unwatched)
		}
	}
}

// TestWhatFilesLoseIsKept: an apply records which names left the files, until they are
// declared again or leave the account.
func TestWhatFilesLoseIsKept(t *testing.T) {
	t.Parallel()
	in := ending(300, func(in *planner.Input) { in.Portfolio.Domains, in.History.Declared = nil, []string{"a.com"} })
	marks := slices.DeleteFunc(planner.Diff(in).StartsClock, func(m string) bool { return !strings.HasPrefix(m, "left the files ") })
	if !slices.Equal(marks, []string{"left the files a.com"}) {
		t.Fatalf("%q are kept", marks)
	}
	seen := map[string]time.Time{marks[0]: readAt.AddDate(0, -1, 0)}
	for what, test := range map[string]struct {
		happened func(*planner.Input)
		forgot   bool
	}{
		"it is still not declared": {func(in *planner.Input) { in.Portfolio.Domains = nil }, false},
		"it is declared again":     {func(*planner.Input) {}, true},
		"it is released": {func(in *planner.Input) {
			in.Portfolio.Domains, in.Portfolio.Released = nil, []config.Released{{Names: []string{"a.com"}}}
		}, true},
		"it left the account": {func(in *planner.Input) { in.Portfolio.Domains, in.Live.Domains = nil, nil }, true},
		"nobody looked at it": {func(in *planner.Input) {
			in.Portfolio.Domains, in.Live.Domains, in.Listed = nil, nil, map[string]bool{"b.com": true}
		}, false},
		"the plan is of transfers alone": {func(in *planner.Input) { in.Portfolio.Domains, in.Transfers = nil, []attr.Transfer{} }, false},
	} {
		in := ending(300, test.happened)
		in.History.Declared, in.History.Seen = []string{}, seen
		if p := planner.Diff(in); slices.Contains(p.ResetsClock, marks[0]) != test.forgot {
			t.Errorf("%s: %q are forgotten", what, p.ResetsClock)
		}
	}
}

// anyEnding draws names with ends, declarations and troubles of all kinds.
func anyEnding(t *rapid.T) planner.Input {
	in := ending(rapid.IntRange(-40, 80).Draw(t, "days"), func(*planner.Input) {})
	in.Portfolio.Domains, in.Live.Domains = nil, nil
	for _, name := range []string{"a.com", "b.com", "c.net", "d.com", "e.com"} {
		d := live(name)
		d.Expires, d.InstanceID = readAt.Add(time.Duration(rapid.IntRange(-40*24, 80*24).Draw(t, "hours"))*time.Hour), "S1"
		d.TransferOut = rapid.SampledFrom([]wire.TransferOutStatus{wire.TransferOutNormal, wire.TransferOutNormal, wire.TransferOutPending, ""}).Draw(t, "transfer")
		d.AutoRenew = rapid.SampledFrom([]*bool{nil, new(false), new(true)}).Draw(t, "automatic")
		if d.Expires.Before(readAt.AddDate(0, 0, -30)) {
			d.Status = wire.NeedsRedemption
		}
		in.Live.Domains = append(in.Live.Domains, d)
		terms := map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: rapid.IntRange(1, 90).Draw(t, "min"), Years: 1}}
		switch rapid.IntRange(0, 5).Draw(t, "declared") {
		case 0:
			terms = nil
		case 1:
			terms = map[string]attr.Value{"lapse": attr.Lapse("sold")}
		case 2:
			terms = map[string]attr.Value{"auto_renew": attr.AutoRenew(rapid.Bool().Draw(t, "on"))}
		case 3:
			terms["redemption"] = attr.Redemption{Terms: attr.Terms{MaxPrice: 2000}}
		case 4:
			in.History.Declared = append(in.History.Declared, name)
			continue
		}
		want := declare(name, terms)
		want.Settings.ExpiryAlarmDays = rapid.SampledFrom([]int{0, 0, attr.NoExpiryAlarm, 3, 70}).Draw(t, "own alarm")
		in.Portfolio.Domains = append(in.Portfolio.Domains, want)
	}
	for range rapid.IntRange(0, 3).Draw(t, "troubles") {
		happened := endings[rapid.SampledFrom([]string{
			"over the budget", "the budget is out", "no budget block", "held", "paused", "in doubt", "ordered", "unapproved", "another target", "another pattern", "another attribute", "the plan has errors",
		}).Draw(t, "trouble")].happened
		if in.Portfolio.Budget != nil {
			happened(&in)
		}
	}
	in.Limit = rapid.IntRange(0, 3).Draw(t, "limit")
	in.Live.Sort()
	return in
}

// TestNoNameEndsInSilence: each name that ends before the date of its alarm, and of
// which the files do not say that it may, is renewed by the plan, or by the service, or
// is endangered; after an apply that made nothing, only the service keeps it.
func TestNoNameEndsInSilence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyEnding(t)
		p := planner.Diff(in)
		planned := alarmsOf(p.Threats)
		nothing := alarmsOf(p.ThreatsAfter(func(string) (bool, string) { return false, "it failed" }))
		all := alarmsOf(p.ThreatsAfter(func(string) (bool, string) { return true, "" }))
		for i := range in.Live.Domains {
			d := &in.Live.Domains[i]
			want := in.Portfolio.Domain(d.Name)
			alarm := in.Portfolio.AlarmOf(want).ExpiryDays
			ends := !d.Expires.IsZero() && d.Expires.Before(readAt.AddDate(0, 0, alarm))
			mayEnd := want == nil && !slices.Contains(in.History.Declared, d.Name) || want != nil && want.Declares("lapse") || alarm == 0
			byPlan, byService := keptByPlan(p, d)
			for when, x := range map[string]struct {
				listed bool
				want   bool
			}{
				"in the plan":           {contains(planned, d.Name), ends && !mayEnd && !byPlan && !byService},
				"when nothing was made": {contains(nothing, d.Name), ends && !mayEnd && !byService},
				"when all was made":     {contains(all, d.Name), ends && !mayEnd && !byPlan && !byService},
			} {
				if x.listed != x.want {
					t.Fatalf("%s %s: endangered is %v, kept by the plan %v, by the service %v, may end %v\n%+v\n%v", d.Name, when, x.listed, byPlan, byService, mayEnd, p.Threats, statuses(p))
				}
			}
		}
		checkOrder(t, p.Threats)
	})
}

func contains(all map[string]planner.Threat, name string) bool {
	_, ok := all[name]
	return ok
}

// keptByPlan reports whether a plan renews a name, or has the service do so, and
// whether the service does so anyway.
func keptByPlan(p *planner.Plan, d *snapshot.Domain) (byPlan, byService bool) {
	early := d.Expires.After(readAt.AddDate(0, 0, 3))
	byService = d.AutoRenew != nil && *d.AutoRenew && early
	for c := range p.Differences() {
		if c.Domain != d.Name || c.Status != attr.Ready || p.Refused() || p.HasErrors() {
			continue
		}
		switch on, switches := c.After.(attr.AutoRenew); {
		case switches && !bool(on):
			byService = false
		case switches:
			byPlan = byPlan || early
		default:
			byPlan = byPlan || c.Cost != nil
		}
	}
	return byPlan, byService
}

// checkOrder checks that what is severe comes first, and of that what ends first.
func checkOrder(t *rapid.T, all []planner.Threat) {
	rank := map[planner.ThreatSeverity]int{planner.Page: 0, planner.Ticket: 1, planner.Notice: 2}
	for i := 1; i < len(all); i++ {
		x, y := &all[i-1], &all[i]
		if rank[x.Severity] > rank[y.Severity] || x.Severity == y.Severity && x.ID != y.ID && y.IsEndangered() || x.ID == y.ID && x.Severity == y.Severity && x.Deadline.After(y.Deadline) {
			t.Fatalf("%+v comes before %+v", x, y)
		}
	}
}
