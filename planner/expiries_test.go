package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// lastKnowns are what the files and the account say of a.com whose renewal nobody
// approves, and whether that endangers it when it ends in a few days.
var lastKnowns = map[string]struct {
	happened func(*planner.Input)
	kept     bool
}{
	"renewal": {func(*planner.Input) {}, false},
	"lapse": {func(in *planner.Input) {
		in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"lapse": attr.Lapse("sold")})
	}, true},
	"nobody looks": {func(in *planner.Input) { in.Portfolio.Domains[0].Settings.ExpiryAlarmDays = attr.NoExpiryAlarm }, true},
	"looks early":  {func(in *planner.Input) { in.Portfolio.Domains[0].Settings.ExpiryAlarmDays = 50 }, false},
	"renews itself": {func(in *planner.Input) {
		in.Live.Domains[0].AutoRenew = new(true)
	}, true},
	"left the files": {func(in *planner.Input) { in.Portfolio.Domains, in.History.Declared = nil, []string{"a.com"} }, false},
	"released": {func(in *planner.Input) {
		in.Portfolio.Domains, in.History.Declared = nil, []string{"a.com"}
		in.Portfolio.Released = []config.Released{{Label: "sold", Names: []string{"a.com"}, Reason: "sold"}}
	}, true},
}

// endangeredAs returns how the end of a.com is told, "" where it is not.
func endangeredAs(all []planner.Threat) string {
	for _, x := range all {
		if x.Domain == "a.com" && x.IsEndangered() {
			return string(x.Severity) + " " + x.Summary + " " + attr.Date(x.Deadline)
		}
	}
	return ""
}

// TestLastKnownSaysWhatAPlanSays: on each day before and after its end a run without a
// plan tells of a name what a plan tells that nobody approves, whether or not its files
// can be read, and as of when.
func TestLastKnownSaysWhatAPlanSays(t *testing.T) {
	t.Parallel()
	for what, test := range lastKnowns {
		told := 0
		for left := -10; left < 70; left++ {
			in := ending(left, func(in *planner.Input) { in.Approval = new(planner.Approval) })
			in.Live.ReadAt = readAt
			test.happened(&in)
			in.Applied = true
			want := endangeredAs(planner.Diff(in).Threats)
			for _, p := range []*config.Portfolio{in.Portfolio, nil} {
				known := planner.ExpiriesOf(&in, nil).At(readAt, p)
				if got := endangeredAs(known.Threats); got != want {
					t.Errorf("%s, %d days before its end, with files %v: %q is told, and a plan tells %q", what, left, p != nil, got, want)
				}
				if !known.ReadAt.Equal(readAt) || known.String() != "" {
					t.Errorf("%s: as of %v, unknown: %s", what, known.ReadAt, known)
				}
			}
			if want != "" && left > 3 { // the service renews until three days before the end
				told++
			}
		}
		if (told == 0) != test.kept {
			t.Errorf("%s: told on %d days", what, told)
		}
	}
}

// TestLastKnownTellsItsAge: the sentence says when the end was read, and how long ago.
func TestLastKnownTellsItsAge(t *testing.T) {
	t.Parallel()
	in := ending(20, func(*planner.Input) {})
	e := planner.ExpiriesOf(&in, nil)
	for after, age := range map[time.Duration]string{time.Hour: "less than a day ago", 25 * time.Hour: "1 day ago", 9 * 24 * time.Hour: "9 days ago"} {
		k := e.At(readAt.Add(after), in.Portfolio)
		if len(k.Threats) != 1 || !strings.Contains(k.Threats[0].Sentence, "was read on "+attr.Date(readAt)+", "+age+".") || !k.Threats[0].AsOf.Equal(readAt) {
			t.Errorf("after %v: %+v", after, k.Threats)
		}
	}
}

// TestNothingIsKnown: where nothing was read before, that is said, and so it is of names
// that the files declare since.
func TestNothingIsKnown(t *testing.T) {
	t.Parallel()
	in := ending(20, func(*planner.Input) {})
	var none *planner.Expiries
	for _, p := range []*config.Portfolio{nil, in.Portfolio} {
		if k := none.At(readAt, p); len(k.Threats) > 0 || !strings.Contains(k.String(), "no earlier readings") {
			t.Errorf("%+v: %s", k.Threats, k)
		}
	}
	e := planner.ExpiriesOf(&in, nil)
	in.Portfolio.Domains = append(in.Portfolio.Domains, declare("b.com", nil), declare("c.com", nil))
	if k := e.At(readAt, in.Portfolio); k.Unread != 2 || !strings.Contains(k.String(), "b.com and 1 more") {
		t.Errorf("%d are unread: %s", k.Unread, k)
	}
	in.Portfolio.Domains = append(in.Portfolio.Domains[:1], declare("lacking.com", nil)) // the account lacks it
	if k := planner.ExpiriesOf(&in, nil).At(readAt, in.Portfolio); k.String() != "" {
		t.Error(k)
	}
}

// TestPlansSayWhoLooksOnlyFirst: what an apply has said of names stands whatever the
// files of a plan say, which may be those of a change under review; when names end is
// taken from its reading.
func TestPlansSayWhoLooksOnlyFirst(t *testing.T) {
	t.Parallel()
	in := ending(20, func(in *planner.Input) { in.Applied = true })
	applied := planner.ExpiriesOf(&in, nil)
	review := ending(25, func(in *planner.Input) { in.Portfolio.Domains = []config.Domain{declare("b.com", nil)} })
	review.Live.Domains = append(review.Live.Domains, live("b.com"))
	e := planner.ExpiriesOf(&review, applied)
	if got := endangeredAs(e.At(readAt, nil).Threats); !strings.Contains(got, attr.Date(readAt.AddDate(0, 0, 25))) || len(e.Names) != 1 || !e.Applied {
		t.Errorf("%+v: told is %q", e, got)
	}
	if e := planner.ExpiriesOf(&review, nil); e.Applied || !slices.ContainsFunc(e.Names, func(x planner.NameExpiry) bool { return x.Name == "b.com" }) {
		t.Errorf("a first plan says %+v", e)
	}
}

// TestWhatWasMadeKeepsAName: a renewal that was verified moves the end, and automatic
// renewal that was switched on keeps the name.
func TestWhatWasMadeKeepsAName(t *testing.T) {
	t.Parallel()
	end := readAt.AddDate(0, 0, 20)
	for what, c := range map[string]*attr.Change{
		"renewal":    {Domain: "a.com", Attribute: "renewal", After: attr.Expiry{Time: end.AddDate(1, 0, 0)}},
		"auto_renew": {Domain: "a.com", Attribute: "auto_renew", After: attr.Bool(true)},
		"":           {Domain: "other.com", Attribute: "renewal", After: attr.Expiry{Time: end.AddDate(1, 0, 0)}},
	} {
		in := ending(20, func(*planner.Input) {})
		e := planner.ExpiriesOf(&in, nil)
		e.Made(c)
		if left := len(e.At(readAt, in.Portfolio).Threats); (left > 0) != (what == "") {
			t.Errorf("after %q %d names are endangered", what, left)
		}
	}
}
