package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// TestTotalsAreAsTheInputCounts counts the names of files and account in another way.
func TestTotalsAreAsTheInputCounts(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		files, held := make(map[string]bool), make(map[string]bool)
		for _, d := range in.Portfolio.Domains {
			files[d.Name] = true
		}
		var unmanaged, missing []string
		want := report.Totals{}
		for _, d := range in.Live.Domains {
			if held[d.Name] = true; !files[d.Name] {
				unmanaged = append(unmanaged, d.Name)
			}
			if declaredOf(in.Portfolio, d.Name, "lapse") != nil {
				want.Lapsing++
			}
		}
		for name := range files {
			if !held[name] {
				missing = append(missing, name)
			}
		}
		slices.Sort(missing)
		want.Unmanaged, want.Missing, want.Managed = len(unmanaged), len(missing), len(held)-len(unmanaged)
		want.Names = want.Managed + want.Unmanaged + want.Missing
		// Of these the plan is asked, which alone decides them.
		p := planner.Diff(in)
		want.Endangered, want.Threatened = p.Summary.Endangered, p.Summary.Threatened-countNotices(p)
		for _, n := range r.Names {
			if slices.ContainsFunc(p.Changes, func(c attr.Change) bool { return c.Domain == n.ASCII && !c.Temporary() }) {
				want.Differing++
			}
		}
		if diff := cmp.Diff(want, r.Totals); diff != "" {
			t.Fatal(diff)
		}
		var gotUnmanaged, gotMissing []string
		for _, u := range r.Unmanaged {
			gotUnmanaged = append(gotUnmanaged, u.Name)
		}
		for _, m := range r.Missing {
			gotMissing = append(gotMissing, m.Name)
		}
		if diff := cmp.Diff([][]string{unmanaged, missing}, [][]string{gotUnmanaged, gotMissing}); diff != "" {
			t.Fatal(diff)
		}
		if len(r.Calendar.Endangered) < p.Summary.Endangered {
			t.Fatalf("%d names are endangered, and the calendar has %d", p.Summary.Endangered, len(r.Calendar.Endangered))
		}
	})
}

// countNotices counts the names that nothing but notices are of.
func countNotices(p *planner.Plan) (n int) {
	severe, told := make(map[string]bool), make(map[string]bool)
	for _, t := range p.Threats {
		if told[t.Domain] = told[t.Domain] || !t.IsEndangered(); !t.IsEndangered() && t.Severity != planner.Notice {
			severe[t.Domain] = true
		}
	}
	for name, is := range told {
		if is && !severe[name] {
			n++
		}
	}
	return n
}

// TestNamesThatLeft: each way of leaving is told of one name, with the reason where the
// files say it, and holds of all names that they keep.
func TestNamesThatLeft(t *testing.T) {
	t.Parallel()
	now, seen := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	in := planner.Input{
		Portfolio: &config.Portfolio{
			Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
			Domains:  []config.Domain{{Name: "lost.com"}, {Name: "new.com"}},
			Released: []config.Released{{Label: "sold", Names: []string{"sold-gone.com", "sold.com"}, Reason: "sold to ada@example.com"}},
			Holds: []config.Hold{
				{Label: "on", Names: []string{"lost.com", "quiet.com", "unknown.com"}, Until: now.AddDate(0, 1, 0), Source: hcl.Range{Filename: "h.hcl", Start: hcl.Pos{Line: 3}}},
				{Label: "over", Names: []string{"new.com"}, Until: now.AddDate(0, -1, 0)},
			},
		},
		Live: &planner.Live{
			ReadAt: now, Domains: []snapshot.Domain{{Name: "quiet.com", AutoRenew: new(true), Expires: now.AddDate(1, 0, 0)}, {Name: "sold.com"}},
			Left:        []snapshot.Departed{{Domain: "lost.com", Seen: seen}},
			TransfersIn: []snapshot.TransferIn{{Domain: "new.com", State: wire.SimpleTransferInStatus("PENDING")}},
		},
		History: planner.History{
			Declared: []string{"quiet.com", "lost.com", "sold.com"},
			Pauses:   []planner.Pause{{Names: planner.SelectNames([]string{"sold.com"}), By: "ada@example.com", Reason: "wait"}},
		},
	}
	r := report.New(in, planner.Diff(in), report.Options{Masker: personal.NewMasker()})
	if diff := cmp.Diff([]report.Gone{
		{Name: "lost.com", Suffix: "com", From: "account", Seen: seen, Declared: true},
		{Name: "quiet.com", Suffix: "com", From: "files", Held: true},
		{Name: "sold-gone.com", Suffix: "com", From: "account", Released: "sold to a…@example.com"},
		{Name: "sold.com", Suffix: "com", From: "files", Held: true, Released: "sold to a…@example.com"},
	}, r.Left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]report.HeldNames{
		{report.Hold{Kind: "hold", Label: "on", Attributes: []string{}, Until: now.AddDate(0, 1, 0), Source: &attr.Source{File: "h.hcl", Line: 3}}, []string{"lost.com", "quiet.com"}},
		{report.Hold{Kind: "pause", Attributes: []string{}, Reason: "wait", By: "a…@example.com"}, []string{"sold.com"}},
	}, r.Holds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]report.Undeclared{
		{Name: "quiet.com", Suffix: "com", Expires: now.AddDate(1, 0, 0), ByService: true, LeftFiles: true},
		{Name: "sold.com", Suffix: "com", Released: "sold to a…@example.com"},
	}, r.Unmanaged); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]report.Lacking{{Name: "lost.com", Suffix: "com", Seen: seen}, {Name: "new.com", Suffix: "com", Transfer: "PENDING"}}, r.Missing); diff != "" {
		t.Error(diff)
	}
}

// TestDriftAndWhoMadeIt: a drift has both values and what the change log tells, an edit is
// none, and no person is told.
func TestDriftAndWhoMadeIt(t *testing.T) {
	t.Parallel()
	in, _ := everythingOf(t)
	plan := planner.Diff(in)
	at := in.Live.ReadAt.Add(-time.Hour)
	plan.DriftedSince = make(map[string]time.Time)
	for c := range plan.Differences() {
		c.Origin, c.Logged = attr.Drift, &attr.LogEntry{At: at, Operation: "CHANGED BY ada@example.com", Address: "192.0.2.1"}
		plan.DriftedSince[c.ID] = at.Add(-time.Hour)
	}
	r := report.New(in, plan, report.Options{Masker: personal.NewMasker()})
	want := []report.Drifted{{
		Name: "a.com", Attribute: "transfer_lock", Live: "off", Declared: "on", Status: attr.InDoubt, Since: at.Add(-time.Hour),
		Entry: &report.DriftEntry{At: at, Operation: "CHANGED BY a…@example.com", Address: "192.0.2.1"},
	}}
	if diff := cmp.Diff(want, r.Drift[:1]); diff != "" || r.Totals.Drifted != len(r.Drift) {
		t.Errorf("%s; %d names of %d drifts", diff, r.Totals.Drifted, len(r.Drift))
	}
	for c := range plan.Differences() {
		c.Origin = attr.Edit
	}
	if r := report.New(in, plan, report.Options{}); len(r.Drift) > 0 || r.Totals.Drifted > 0 {
		t.Errorf("an edit drifts: %+v", r.Drift)
	}
}

// TestPersonsOfTheAccountAreMasked: what files, plan and service say is masked where it
// names somebody whom only the account knows, wherever it stands.
func TestPersonsOfTheAccountAreMasked(t *testing.T) {
	t.Parallel()
	in, _ := everythingOf(t)
	const ada = "Ada Example" // the contact of a.com
	in.Portfolio.Holds[0].Reason = "asked for by " + ada
	d := in.Portfolio.Domain("self.com")
	d.Declared = []config.Declared{
		{Attribute: attr.Lookup("lapse"), Value: attr.Lapse("sold to " + ada)},
		{Attribute: attr.Lookup("renewal"), Value: attr.Renewal{MinDaysLeft: 90, Years: 1}},
	}
	in.Portfolio.Released = []config.Released{{Names: []string{"bare.com"}, Reason: "given to " + ada}}
	in.History.InDoubt = map[string]string{"self.com/renewal": "no answer for " + ada}
	plan := planner.Diff(in)
	of := func(m *personal.Masker) (report.Report, string) {
		r := report.New(in, plan, report.Options{Masker: m})
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return *r, string(text)
	}
	r, told := of(nil)
	if n := strings.Count(told, ada); n < 4 || len(r.Forecast.Renewals) == 0 || !strings.Contains(r.Forecast.Renewals[0].Waits, ada) {
		t.Fatalf("the report names %s only %d times: %s", ada, n, told)
	}
	if _, masked := of(personal.NewMasker()); strings.Contains(masked, ada) || !strings.Contains(masked, "sold to A") {
		t.Errorf("the report names a person: %s", masked)
	}
}
