package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// inDanger are states of a.com that a plan has remembered, by threat.
var inDanger = map[string]struct {
	facts snapshot.Facts
	begin func(*snapshot.Domain)
	end   func(*snapshot.Domain)
	lasts time.Duration // until its deadline
}{
	"transfer_out": {
		snapshot.TransferOut,
		func(d *snapshot.Domain) { d.TransferOut = wire.TransferOutPending },
		func(d *snapshot.Domain) { d.TransferOut = wire.TransferOutNormal }, 5 * 24 * time.Hour,
	},
	"registrant_pending": {
		snapshot.Holder,
		func(d *snapshot.Domain) { d.RegistrantUpdating = wire.UpdatingPending },
		func(d *snapshot.Domain) { d.RegistrantUpdating = wire.UpdatingNormal }, 7 * 24 * time.Hour,
	},
}

// threatened is an input of a.com, to which something has happened.
func threatened(happened func(*snapshot.Domain)) planner.Input {
	in := planner.Input{Portfolio: portfolio(declare("a.com", map[string]attr.Value{"nameservers": hosts("ns1.example.net")})), Live: account(live("a.com", "ns1.example.net"))}
	in.Live.ReadAt = readAt
	happened(&in.Live.Domains[0])
	return in
}

func threatMarksOf(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(m string) bool { return !strings.HasPrefix(m, "threat ") })
}

// TestThreatsAreRemembered: an apply remembers since when a state is seen, its
// deadline counts from then, and it is forgotten when it is known to be over.
func TestThreatsAreRemembered(t *testing.T) {
	t.Parallel()
	for id, state := range inDanger {
		marks := threatMarksOf(planner.Diff(threatened(state.begin)).StartsClock)
		if want := []string{"threat " + id + " a.com"}; !slices.Equal(marks, want) {
			t.Errorf("%s: %q are remembered", id, marks)
			continue
		}
		seen := map[string]time.Time{marks[0]: readAt.Add(-state.lasts - time.Hour)}
		in := threatened(state.begin)
		in.History.Seen = seen
		if p := planner.Diff(in); len(p.Threats) != 1 || p.Threats[0].ID != id || !p.Threats[0].Deadline.Equal(readAt.Add(-time.Hour)) || len(threatMarksOf(p.ResetsClock)) != 0 {
			t.Errorf("%s: after its deadline the threats are %+v, forgotten %q", id, p.Threats, p.ResetsClock)
		}
		for name, test := range map[string]struct {
			change func(*planner.Input)
			forgot bool
		}{
			"it is over":              {func(*planner.Input) {}, true},
			"it was not read":         {func(in *planner.Input) { in.Live.Domains[0].Forget(state.facts) }, false},
			"it was read before":      {func(in *planner.Input) { in.Live.Domains[0].NoteRead(state.facts, readAt.Add(-time.Hour)) }, false},
			"the account lacks it":    {func(in *planner.Input) { in.Live.Domains = nil }, true},
			"nobody looked at it":     {func(in *planner.Input) { in.Live.Domains, in.Listed = nil, map[string]bool{"b.com": true} }, false},
			"the files leave it out":  {func(in *planner.Input) { in.Portfolio = portfolio() }, true},
			"another name is planned": {func(in *planner.Input) { in.Only = planner.SelectNames([]string{"b.com"}) }, true},
		} {
			in := threatened(state.end)
			in.History.Seen = seen
			if test.change(&in); slices.Equal(threatMarksOf(planner.Diff(in).ResetsClock), marks) != test.forgot {
				t.Errorf("%s: where %s, forgotten is %v", id, name, !test.forgot)
			}
		}
	}
}

// TestThreatsOfReadingsFromBefore: a threat may rest on a reading from before, counts
// from it, and says as of when; such a reading is not remembered as seen now.
func TestThreatsOfReadingsFromBefore(t *testing.T) {
	t.Parallel()
	before := readAt.Add(-36 * time.Hour)
	in := threatened(inDanger["transfer_out"].begin)
	in.Live.Domains[0].NoteRead(snapshot.TransferOut, before)
	p := planner.Diff(in)
	if len(p.Threats) != 1 || !p.Threats[0].AsOf.Equal(before) || !p.Threats[0].Deadline.Equal(before.Add(5*24*time.Hour)) {
		t.Errorf("%+v", p.Threats)
	}
	if marks := threatMarksOf(p.StartsClock); len(marks) != 0 {
		t.Errorf("%q are remembered as seen now", marks)
	}
}

// TestThreatsToAllNames: a snapshot's names are threatened whatever files say, save by
// what only files can say.
func TestThreatsToAllNames(t *testing.T) {
	t.Parallel()
	held := live("b.com")
	held.EmailHold, held.RegistrantUpdating, held.AutoRenew, held.Expires = true, wire.UpdatingNormal, new(true), readAt.AddDate(0, 1, 0)
	a := account(live("a.com"), held)
	a.ReadAt = readAt
	if got := planner.Threats(a); len(got) != 1 || got[0].Domain != "b.com" || got[0].ID != "email_hold" {
		t.Errorf("%+v", got)
	}
}

// TestWhatMakesARunRed: pages and tickets do, unless somebody knows of them, and
// notices do not.
func TestWhatMakesARunRed(t *testing.T) {
	t.Parallel()
	nobody := func(string, string) bool { return false }
	somebody := func(name, id string) bool { return name == "a.com" && id == "x" }
	for severity, red := range map[planner.ThreatSeverity]bool{planner.Page: true, planner.Ticket: true, planner.Notice: false} {
		p := &planner.Plan{Threats: []planner.Threat{{ID: "x", Domain: "a.com", Severity: severity}}}
		if p.Threatened(nobody) != red || p.Threatened(somebody) {
			t.Errorf("%s: %v, and %v where somebody knows", severity, p.Threatened(nobody), p.Threatened(somebody))
		}
	}
}

// TestPriceOfARenewalAgainstLapse: the sentence tells what the service asks where that
// was read, of a premium name, too, and else what the files say of other names.
func TestPriceOfARenewalAgainstLapse(t *testing.T) {
	t.Parallel()
	for want, of := range map[string]struct {
		told    *snapshot.RenewalPrice
		premium bool
		filed   *attr.Amount
	}{
		"for 12.35 EUR a year, as it says itself,":      {told: &snapshot.RenewalPrice{Years: 1, Price: 12.345, Currency: "EUR"}, filed: new(attr.Amount(1100))},
		"for 490.00 USD a year, as it says itself,":     {told: &snapshot.RenewalPrice{Years: 1, Price: 490, Currency: "USD", Premium: true}, premium: true},
		"for 30.00 USD for 3 years, as it says itself,": {told: &snapshot.RenewalPrice{Years: 3, Price: 30, Currency: "USD"}},
		"for 11.00 USD a year and":                      {told: &snapshot.RenewalPrice{Years: 1, Why: "it is refused"}, filed: new(attr.Amount(1100))},
		"at a price that the files do not say and":      {told: &snapshot.RenewalPrice{Years: 1}, premium: true, filed: new(attr.Amount(1100))},
		"by itself before that, for 11.00 USD a year":   {filed: new(attr.Amount(1100))},
	} {
		in := threatened(func(d *snapshot.Domain) {
			d.AutoRenew, d.Expires, d.Renewal, d.Premium = new(true), readAt.AddDate(0, 0, 20), of.told, of.premium
		})
		in.Portfolio = portfolio(declare("a.com", map[string]attr.Value{"lapse": attr.Lapse("sold")}))
		in.Portfolio.Prices = map[string]attr.Prices{"com": {Renew: of.filed}}
		if p := planner.Diff(in); len(p.Threats) != 1 || !strings.Contains(p.Threats[0].Sentence, want) {
			t.Errorf("%q is not in %+v", want, p.Threats)
		}
	}
}

// TestTransfersForgetNoState: a plan that only orders transfers looks at no declared
// name, so that what is remembered of those stands.
func TestTransfersForgetNoState(t *testing.T) {
	t.Parallel()
	for threat, state := range inDanger {
		in := threatened(state.begin)
		marks := planner.Diff(in).StartsClock
		if len(marks) == 0 {
			t.Fatalf("%s: nothing is to be remembered", threat)
		}
		in.History.Seen = map[string]time.Time{"wait service a.com nameservers 0123456789ab": readAt}
		for _, m := range marks {
			in.History.Seen[m] = readAt
		}
		state.end(&in.Live.Domains[0])
		if p := planner.Diff(in); len(p.ResetsClock) != len(in.History.Seen) {
			t.Errorf("%s: a plan of the files forgets %q of %d", threat, p.ResetsClock, len(in.History.Seen))
		}
		in.Transfers = []attr.Transfer{{Name: "b.com"}}
		if p := planner.Diff(in); len(p.ResetsClock)+len(p.StartsClock) > 0 {
			t.Errorf("%s: a plan of transfers forgets %q, and begins %q", threat, p.ResetsClock, p.StartsClock)
		}
	}
}
